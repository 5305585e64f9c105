#!/bin/sh
# @NAME@: finds the folder that it was installed into, through krew's links, and starts Python there.
self=$0
while [ -h "$self" ]; do
    link=$(readlink "$self")
    case $link in /*) self=$link ;; *) self=${self%/*}/$link ;; esac
done
case $self in */*) home=${self%/*} ;; *) home=. ;; esac
for python in "${KUBECTL_DS_PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python3.10; do
    if command -v "$python" >/dev/null 2>&1; then
        exec "$python" -I -S "$home/launch.py" @NAME@ @TARGET@ "$@"
    fi
done
echo "error: kubectl ds needs Python 3.10 or newer on the PATH, or named by KUBECTL_DS_PYTHON" >&2
exit 1
