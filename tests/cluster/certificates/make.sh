#!/bin/sh
# Makes the certificates of the loopback servers in these tests anew: throwaway keys, trusted by nobody else.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

authority() { # name
  key "$work/$1.key"
  openssl req -new -key "$work/$1.key" -subj "/CN=$1 of the tests" -out "$work/$1.csr"
  issue "$1" "$1" 21200101000000Z "basicConstraints=critical,CA:TRUE" -selfsign
}

issue() { # signer, name, end, extensions, further options
  signer=$1 name=$2 end=$3 extensions=$4
  shift 4
  : > "$work/index.txt"
  openssl rand -hex 8 > "$work/serial"
  printf '[ca]\ndefault_ca=tests\n[tests]\ndatabase=%s/index.txt\nserial=%s/serial\nnew_certs_dir=%s\ndefault_md=sha256
policy=any\nx509_extensions=extensions\n[any]\ncommonName=supplied\n[extensions]\n%b\n' \
    "$work" "$work" "$work" "$extensions" > "$work/ca.cnf"
  certificate="$signer.crt"
  [ "$signer" = "$name" ] && certificate="$name.crt"
  openssl ca -batch -notext -config "$work/ca.cnf" -keyfile "$work/$signer.key" -cert "$certificate" "$@" \
    -startdate 20200101000000Z -enddate "$end" -in "$work/$name.csr" -out "$work/$name.crt"
  mv "$work/$name.crt" "$name.crt"
}

leaf() { # name, alternative names, usage, end
  key "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$work/$1.csr"
  issue authority "$1" "$4" "subjectAltName=$2\nextendedKeyUsage=$3\nbasicConstraints=CA:FALSE"
}

authority authority
authority stranger
leaf server DNS:localhost,DNS:api.example,IP:127.0.0.1,IP:::1 serverAuth 21200101000000Z
leaf elsewhere DNS:elsewhere.example serverAuth 21200101000000Z
leaf expired DNS:localhost,IP:127.0.0.1 serverAuth 20200102000000Z
leaf client DNS:client.example clientAuth 21200101000000Z
