"""Good manifests with nearly every field that people set, from which the corpus is made."""

from __future__ import annotations

RICH = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  labels: {app: agent, example.com/tier: node}
  annotations: {example.com/owner: team}
spec:
  minReadySeconds: 5
  revisionHistoryLimit: 3
  selector:
    matchLabels: {app: agent}
    matchExpressions:
    - {key: tier, operator: In, values: [node, edge]}
    - {key: gone, operator: DoesNotExist}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 10%, maxSurge: 0}
  template:
    metadata:
      labels: {app: agent, tier: node}
      annotations: {example.com/hash: abc}
    spec:
      serviceAccountName: agent
      priorityClassName: system-node-critical
      terminationGracePeriodSeconds: 40
      restartPolicy: Always
      dnsPolicy: ClusterFirst
      hostAliases:
      - {ip: 10.1.2.3, hostnames: [a.example.com]}
      nodeSelector: {kubernetes.io/os: linux}
      imagePullSecrets: [{name: pull}]
      tolerations:
      - {key: a.example.com/x, operator: Equal, value: blue, effect: NoSchedule}
      - {operator: Exists}
      - {key: late, operator: Exists, effect: NoExecute, tolerationSeconds: 30}
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions:
              - {key: zone, operator: In, values: [a, b]}
              - {key: cores, operator: Gt, values: ['4']}
              matchFields:
              - {key: metadata.name, operator: NotIn, values: [n1]}
          preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 5
            preference: {matchExpressions: [{key: disk, operator: Exists}]}
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - topologyKey: kubernetes.io/hostname
            labelSelector: {matchLabels: {app: other}}
            namespaces: [default]
          preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 10
            podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {a: b}}, matchLabelKeys: [x]}
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: agent}},
         minDomains: 2, nodeAffinityPolicy: Honor, nodeTaintsPolicy: Ignore}
      securityContext:
        runAsUser: 1000
        fsGroup: 2000
        supplementalGroups: [3000]
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
        sysctls: [{name: kernel.shm_rmid_forced, value: '1'}]
      initContainers:
      - name: setup
        image: registry.example/setup:1
        command: [sh, -c, 'true']
        resources: {requests: {cpu: 10m}}
      - name: sidecar
        image: registry.example/sidecar:1
        restartPolicy: Always
        startupProbe: {exec: {command: ['true']}}
      containers:
      - name: agent
        image: registry.example/agent:1
        imagePullPolicy: IfNotPresent
        terminationMessagePolicy: File
        workingDir: /work
        args: [-v, '2']
        ports:
        - {containerPort: 8080, name: web, protocol: TCP}
        - {containerPort: 9100, hostPort: 9100, name: metrics, hostIP: 127.0.0.1}
        env:
        - {name: PLAIN, value: text}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: LABEL, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: "metadata.labels['app']"}}}
        - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
        - {name: KEY, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}
        - {name: MAP, valueFrom: {configMapKeyRef: {name: m, key: k.txt}}}
        envFrom:
        - {configMapRef: {name: m}, prefix: P_}
        - {secretRef: {name: s, optional: true}}
        resources:
          requests: {cpu: 100m, memory: 64Mi, hugepages-2Mi: 4Mi}
          limits: {cpu: '1', memory: 128Mi, hugepages-2Mi: 4Mi, example.com/device: 1}
        volumeMounts:
        - {name: data, mountPath: /data, subPath: sub/dir}
        - {name: logs, mountPath: /logs, readOnly: true, mountPropagation: HostToContainer}
        - {name: config, mountPath: /config}
        livenessProbe:
          httpGet: {path: /healthz, port: web, scheme: HTTP, httpHeaders: [{name: X-A, value: b}]}
          initialDelaySeconds: 1
          periodSeconds: 5
          timeoutSeconds: 2
          failureThreshold: 4
          successThreshold: 1
        readinessProbe: {tcpSocket: {port: 8080}, successThreshold: 2}
        startupProbe: {grpc: {port: 9100, service: s}, terminationGracePeriodSeconds: 5}
        lifecycle:
          preStop: {sleep: {seconds: 5}}
          postStart: {exec: {command: [sh]}}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          runAsUser: 0
          capabilities: {drop: [ALL], add: [NET_ADMIN]}
          procMount: Default
          seccompProfile: {type: Localhost, localhostProfile: profiles/a.json}
      volumes:
      - name: data
        emptyDir: {sizeLimit: 1Gi, medium: Memory}
      - name: logs
        hostPath: {path: /var/log, type: Directory}
      - name: config
        configMap: {name: m, defaultMode: 0644, items: [{key: a, path: b/c, mode: 0400}]}
      - name: secret
        secret: {secretName: s, optional: true}
      - name: all
        projected:
          defaultMode: 420
          sources:
          - {secret: {name: s, items: [{key: k, path: s/k}]}}
          - {configMap: {name: m}}
          - {downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
          - {serviceAccountToken: {path: token, expirationSeconds: 3600, audience: x}}
      - name: info
        downwardAPI:
          items:
          - {path: cpu, resourceFieldRef: {containerName: agent, resource: requests.cpu}}
      - name: claim
        persistentVolumeClaim: {claimName: shared}
      - name: remote
        nfs: {server: nfs.example.com, path: /export}
      - name: driver
        csi: {driver: csi.example.com, volumeAttributes: {a: b}}
"""
"""A DaemonSet with nearly every field that people set."""

HOST = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: net}
spec:
  selector: {matchLabels: {k8s-app: net}}
  updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata: {labels: {k8s-app: net}}
    spec:
      hostNetwork: true
      hostPID: true
      hostIPC: false
      dnsPolicy: None
      dnsConfig: {nameservers: [10.0.0.10], searches: [a.example.com, svc.], options: [{name: ndots, value: '2'}]}
      os: {name: linux}
      hostname: net
      subdomain: sub
      runtimeClassName: gvisor
      preemptionPolicy: Never
      readinessGates: [{conditionType: example.com/ready}]
      automountServiceAccountToken: false
      enableServiceLinks: false
      shareProcessNamespace: false
      resourceClaims: [{name: gpu, resourceClaimTemplateName: gpu}]
      tolerations: [{operator: Exists, effect: NoSchedule}]
      containers:
      - name: net
        image: registry.example/net:1
        ports: [{containerPort: 53, hostPort: 53, protocol: UDP, name: dns}, {containerPort: 53, protocol: TCP}]
        resources: {claims: [{name: gpu}], limits: {memory: 1G}}
        securityContext: {privileged: true, appArmorProfile: {type: Unconfined}}
        lifecycle: {stopSignal: SIGTERM}
        resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]
        volumeMounts: [{name: bpf, mountPath: /sys/fs/bpf, mountPropagation: Bidirectional}]
      - name: helper
        image: registry.example/helper:1
        livenessProbe: {exec: {command: [check]}}
        volumeDevices: [{name: block, devicePath: /dev/block}]
      volumes:
      - {name: bpf, hostPath: {path: /sys/fs/bpf}}
      - {name: block, persistentVolumeClaim: {claimName: block}}
      - name: scratch
        ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}
"""
"""A network agent: the host's namespaces, a device, a claim."""

SMALL = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: small}
spec:
  selector: {matchLabels: {app: small}}
  template:
    metadata: {labels: {app: small}}
    spec: {containers: [{name: small, image: small}]}
"""
"""As little as there can be."""


PLUGIN = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: plugin, finalizers: [example.com/keep]}
spec:
  selector: {matchLabels: {app: plugin}}
  template:
    metadata:
      labels: {app: plugin}
      annotations:
        controller.kubernetes.io/pod-deletion-cost: '-5'
        scheduler.alpha.kubernetes.io/tolerations: '[{"key": "a", "operator": "Exists"}]'
        seccomp.security.alpha.kubernetes.io/pod: runtime/default
        container.apparmor.security.beta.kubernetes.io/plugin: localhost/profile
    spec:
      hostNetwork: true
      resources: {requests: {cpu: 2, memory: 1Gi}, limits: {cpu: '4', memory: 2Gi}}
      securityContext:
        seccompProfile: {type: RuntimeDefault}
        seLinuxOptions: {level: 's0:c1,c2', type: spc_t}
        windowsOptions: {runAsUserName: 'DOMAIN\\user', gmsaCredentialSpecName: spec}
      initContainers:
      - {name: setup, image: 'registry.example/setup:1', resources: {requests: {cpu: 500m}, limits: {cpu: 1}}}
      containers:
      - name: plugin
        image: registry.example/plugin:1
        resources: {requests: {cpu: 500m, memory: 100Mi}, limits: {cpu: '1', memory: 1Gi}}
        securityContext: {appArmorProfile: {type: Localhost, localhostProfile: profile}}
        env:
        - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
        volumeMounts: [{name: scratch, mountPath: /scratch, subPathExpr: $(MEMORY)}]
      volumes:
      - name: scratch
        ephemeral:
          volumeClaimTemplate:
            metadata: {labels: {type: scratch}, annotations: {example.com/a: b}}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: fast
              volumeMode: Filesystem
              resources: {requests: {storage: 1Gi}}
              selector: {matchLabels: {a: b}}
              dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: snap}
      - name: certificates
        projected:
          sources:
          - clusterTrustBundle: {signerName: example.com/x, labelSelector: {matchLabels: {a: b}}, path: roots.pem}
      - {name: scsi, iscsi: {targetPortal: '10.0.2.15:3260', iqn: 'iqn.2001-04.com.example:storage', lun: 0,
          initiatorName: 'iqn.2001-04.com.example:node'}}
      - {name: azure, azureDisk: {diskName: d, diskURI: 'https://b/d.vhd', cachingMode: ReadOnly, kind: Dedicated}}
      - {name: quobyte, quobyte: {registry: 'a:1,b:2', volume: v}}
      - {name: storageos, storageos: {volumeName: v, volumeNamespace: ns, secretRef: {name: s}}}
      - {name: flex, flexVolume: {driver: example.com/lvm, options: {example.com/a: b}}}
      - {name: cinder, cinder: {volumeID: v, secretRef: {name: s}}}
"""
"""A driver of today with forms of long ago: pod-level resources, claims, old annotations, old disks."""

BASES = {"rich": RICH, "host": HOST, "plugin": PLUGIN, "small": SMALL}
