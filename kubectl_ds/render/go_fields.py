"""The order of the fields of a DaemonSet in Go, in which kubectl prints objects that it has decoded into Go types.

Read from the ``json`` tags of ``DaemonSet`` and all below it (k8s.io/api v0.37.2 apps/v1 and core/v1 types.go,
k8s.io/apimachinery v0.37.2 meta/v1/types.go). A revision remembers its template in alphabetical order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES = {
    "DaemonSet": "kind apiVersion metadata:ObjectMeta spec:DaemonSetSpec status:DaemonSetStatus",
    "DaemonSetSpec": (
        "selector:LabelSelector template:PodTemplateSpec updateStrategy:DaemonSetUpdateStrategy minReadySeconds "
        "revisionHistoryLimit"
    ),
    "DaemonSetUpdateStrategy": "type rollingUpdate:RollingUpdateDaemonSet",
    "RollingUpdateDaemonSet": "maxUnavailable maxSurge",
    "DaemonSetStatus": (
        "currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady observedGeneration "
        "updatedNumberScheduled numberAvailable numberUnavailable collisionCount conditions:DaemonSetCondition"
    ),
    "DaemonSetCondition": "type status lastTransitionTime reason message",
    "PodTemplateSpec": "metadata:ObjectMeta spec:PodSpec",
    "ObjectMeta": (
        "name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp "
        "deletionGracePeriodSeconds labels annotations ownerReferences:OwnerReference finalizers managedFields"
    ),
    "OwnerReference": "apiVersion kind name uid controller blockOwnerDeletion",
    "PodSpec": (
        "volumes:Volume initContainers:Container containers:Container ephemeralContainers restartPolicy "
        "terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName "
        "serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace "
        "securityContext:PodSecurityContext imagePullSecrets:LocalObjectReference hostname subdomain "
        "affinity:Affinity schedulerName tolerations:Toleration hostAliases:HostAlias priorityClassName priority "
        "dnsConfig:PodDNSConfig readinessGates:PodReadinessGate runtimeClassName enableServiceLinks "
        "preemptionPolicy overhead topologySpreadConstraints:TopologySpreadConstraint setHostnameAsFQDN os:PodOS "
        "hostUsers schedulingGates:PodSchedulingGate resourceClaims:PodResourceClaim "
        "resources:ResourceRequirements hostnameOverride schedulingGroup:PodSchedulingGroup "
        "evictionResponders:EvictionResponder"
    ),
    "Volume": (
        "name hostPath:HostPathVolumeSource emptyDir:EmptyDirVolumeSource "
        "gcePersistentDisk:GCEPersistentDiskVolumeSource awsElasticBlockStore:AWSElasticBlockStoreVolumeSource "
        "gitRepo:GitRepoVolumeSource secret:SecretVolumeSource nfs:NFSVolumeSource iscsi:ISCSIVolumeSource "
        "glusterfs:GlusterfsVolumeSource persistentVolumeClaim:PersistentVolumeClaimVolumeSource "
        "rbd:RBDVolumeSource flexVolume:FlexVolumeSource cinder:CinderVolumeSource cephfs:CephFSVolumeSource "
        "flocker:FlockerVolumeSource downwardAPI:DownwardAPIVolumeSource fc:FCVolumeSource "
        "azureFile:AzureFileVolumeSource configMap:ConfigMapVolumeSource "
        "vsphereVolume:VsphereVirtualDiskVolumeSource quobyte:QuobyteVolumeSource azureDisk:AzureDiskVolumeSource "
        "photonPersistentDisk:PhotonPersistentDiskVolumeSource projected:ProjectedVolumeSource "
        "portworxVolume:PortworxVolumeSource scaleIO:ScaleIOVolumeSource storageos:StorageOSVolumeSource "
        "csi:CSIVolumeSource ephemeral:EphemeralVolumeSource image:ImageVolumeSource"
    ),
    "HostPathVolumeSource": "path type",
    "EmptyDirVolumeSource": "medium sizeLimit mode",
    "GCEPersistentDiskVolumeSource": "pdName fsType partition readOnly",
    "AWSElasticBlockStoreVolumeSource": "volumeID fsType partition readOnly",
    "GitRepoVolumeSource": "repository revision directory",
    "SecretVolumeSource": "secretName items:KeyToPath defaultMode optional defaultUser",
    "KeyToPath": "key path mode user",
    "NFSVolumeSource": "server path readOnly",
    "ISCSIVolumeSource": (
        "targetPortal iqn lun iscsiInterface fsType readOnly portals chapAuthDiscovery chapAuthSession "
        "secretRef:LocalObjectReference initiatorName"
    ),
    "LocalObjectReference": "name",
    "GlusterfsVolumeSource": "endpoints path readOnly",
    "PersistentVolumeClaimVolumeSource": "claimName readOnly",
    "RBDVolumeSource": "monitors image fsType pool user keyring secretRef:LocalObjectReference readOnly",
    "FlexVolumeSource": "driver fsType secretRef:LocalObjectReference readOnly options",
    "CinderVolumeSource": "volumeID fsType readOnly secretRef:LocalObjectReference",
    "CephFSVolumeSource": "monitors path user secretFile secretRef:LocalObjectReference readOnly",
    "FlockerVolumeSource": "datasetName datasetUUID",
    "DownwardAPIVolumeSource": "items:DownwardAPIVolumeFile defaultMode defaultUser",
    "DownwardAPIVolumeFile": "path fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector mode user",
    "ObjectFieldSelector": "apiVersion fieldPath",
    "ResourceFieldSelector": "containerName resource divisor",
    "FCVolumeSource": "targetWWNs lun fsType readOnly wwids",
    "AzureFileVolumeSource": "secretName shareName readOnly",
    "ConfigMapVolumeSource": "name items:KeyToPath defaultMode optional defaultUser",
    "VsphereVirtualDiskVolumeSource": "volumePath fsType storagePolicyName storagePolicyID",
    "QuobyteVolumeSource": "registry volume readOnly user group tenant",
    "AzureDiskVolumeSource": "diskName diskURI cachingMode fsType readOnly kind",
    "PhotonPersistentDiskVolumeSource": "pdID fsType",
    "ProjectedVolumeSource": "sources:VolumeProjection defaultMode defaultUser",
    "VolumeProjection": (
        "secret:SecretProjection downwardAPI:DownwardAPIProjection configMap:ConfigMapProjection "
        "serviceAccountToken:ServiceAccountTokenProjection clusterTrustBundle:ClusterTrustBundleProjection "
        "podCertificate:PodCertificateProjection"
    ),
    "SecretProjection": "name items:KeyToPath optional",
    "DownwardAPIProjection": "items:DownwardAPIVolumeFile",
    "ConfigMapProjection": "name items:KeyToPath optional",
    "ServiceAccountTokenProjection": "audience expirationSeconds path user",
    "ClusterTrustBundleProjection": "name signerName labelSelector:LabelSelector optional path user",
    "LabelSelector": "matchLabels matchExpressions:LabelSelectorRequirement",
    "LabelSelectorRequirement": "key operator values",
    "PodCertificateProjection": (
        "signerName keyType maxExpirationSeconds credentialBundlePath keyPath certificateChainPath userAnnotations user"
    ),
    "PortworxVolumeSource": "volumeID fsType readOnly",
    "ScaleIOVolumeSource": (
        "gateway system secretRef:LocalObjectReference sslEnabled protectionDomain storagePool storageMode "
        "volumeName fsType readOnly"
    ),
    "StorageOSVolumeSource": "volumeName volumeNamespace fsType readOnly secretRef:LocalObjectReference",
    "CSIVolumeSource": "driver readOnly fsType volumeAttributes nodePublishSecretRef:LocalObjectReference",
    "EphemeralVolumeSource": "volumeClaimTemplate:PersistentVolumeClaimTemplate",
    "PersistentVolumeClaimTemplate": "metadata:ObjectMeta spec:PersistentVolumeClaimSpec",
    "PersistentVolumeClaimSpec": (
        "accessModes selector:LabelSelector resources:VolumeResourceRequirements volumeName storageClassName "
        "volumeMode dataSource:TypedLocalObjectReference dataSourceRef:TypedObjectReference "
        "volumeAttributesClassName"
    ),
    "VolumeResourceRequirements": "limits requests",
    "TypedLocalObjectReference": "apiGroup kind name",
    "TypedObjectReference": "apiGroup kind name namespace",
    "ImageVolumeSource": "reference pullPolicy",
    "Container": (
        "name image command args workingDir ports:ContainerPort envFrom:EnvFromSource env:EnvVar "
        "resources:ResourceRequirements resizePolicy:ContainerResizePolicy restartPolicy "
        "restartPolicyRules:ContainerRestartRule volumeMounts:VolumeMount volumeDevices:VolumeDevice "
        "livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle terminationMessagePath "
        "terminationMessagePolicy imagePullPolicy securityContext:SecurityContext stdin stdinOnce tty"
    ),
    "ContainerPort": "name hostPort containerPort protocol hostIP",
    "EnvFromSource": "prefix configMapRef:ConfigMapEnvSource secretRef:SecretEnvSource",
    "ConfigMapEnvSource": "name optional",
    "SecretEnvSource": "name optional",
    "EnvVar": "name value valueFrom:EnvVarSource",
    "EnvVarSource": (
        "fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector configMapKeyRef:ConfigMapKeySelector "
        "secretKeyRef:SecretKeySelector fileKeyRef:FileKeySelector"
    ),
    "ConfigMapKeySelector": "name key optional",
    "SecretKeySelector": "name key optional",
    "FileKeySelector": "volumeName path key optional",
    "ResourceRequirements": "limits requests claims:ResourceClaim",
    "ResourceClaim": "name request",
    "ContainerResizePolicy": "resourceName restartPolicy",
    "ContainerRestartRule": "action exitCodes:ContainerRestartRuleOnExitCodes",
    "ContainerRestartRuleOnExitCodes": "operator values",
    "VolumeMount": "name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr bindMountOptions",
    "VolumeDevice": "name devicePath",
    "Probe": (
        "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:GRPCAction initialDelaySeconds "
        "timeoutSeconds periodSeconds successThreshold failureThreshold terminationGracePeriodSeconds"
    ),
    "ExecAction": "command",
    "HTTPGetAction": "path port host scheme httpHeaders:HTTPHeader protocol",
    "HTTPHeader": "name value",
    "TCPSocketAction": "port host",
    "GRPCAction": "port service mode",
    "Lifecycle": "postStart:LifecycleHandler preStop:LifecycleHandler stopSignal",
    "LifecycleHandler": "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction sleep:SleepAction",
    "SleepAction": "seconds",
    "SecurityContext": (
        "capabilities:Capabilities privileged seLinuxOptions:SELinuxOptions "
        "windowsOptions:WindowsSecurityContextOptions runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem "
        "allowPrivilegeEscalation procMount seccompProfile:SeccompProfile appArmorProfile:AppArmorProfile"
    ),
    "Capabilities": "add drop",
    "SELinuxOptions": "user role type level",
    "WindowsSecurityContextOptions": "gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess",
    "SeccompProfile": "type localhostProfile",
    "AppArmorProfile": "type localhostProfile",
    "PodSecurityContext": (
        "seLinuxOptions:SELinuxOptions windowsOptions:WindowsSecurityContextOptions runAsUser runAsGroup "
        "runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup sysctls:Sysctl fsGroupChangePolicy "
        "seccompProfile:SeccompProfile appArmorProfile:AppArmorProfile seLinuxChangePolicy"
    ),
    "Sysctl": "name value",
    "Affinity": "nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity",
    "NodeAffinity": (
        "requiredDuringSchedulingIgnoredDuringExecution:NodeSelector "
        "preferredDuringSchedulingIgnoredDuringExecution:PreferredSchedulingTerm"
    ),
    "NodeSelector": "nodeSelectorTerms:NodeSelectorTerm",
    "NodeSelectorTerm": "matchExpressions:NodeSelectorRequirement matchFields:NodeSelectorRequirement",
    "NodeSelectorRequirement": "key operator values",
    "PreferredSchedulingTerm": "weight preference:NodeSelectorTerm",
    "PodAffinity": (
        "requiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm "
        "preferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm"
    ),
    "PodAffinityTerm": (
        "labelSelector:LabelSelector namespaces topologyKey namespaceSelector:LabelSelector matchLabelKeys "
        "mismatchLabelKeys"
    ),
    "WeightedPodAffinityTerm": "weight podAffinityTerm:PodAffinityTerm",
    "PodAntiAffinity": (
        "requiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm "
        "preferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm"
    ),
    "Toleration": "key operator value effect tolerationSeconds",
    "HostAlias": "ip hostnames",
    "PodDNSConfig": "nameservers searches options:PodDNSConfigOption",
    "PodDNSConfigOption": "name value",
    "PodReadinessGate": "conditionType",
    "TopologySpreadConstraint": (
        "maxSkew topologyKey whenUnsatisfiable labelSelector:LabelSelector minDomains nodeAffinityPolicy "
        "nodeTaintsPolicy matchLabelKeys"
    ),
    "PodOS": "name",
    "PodSchedulingGate": "name",
    "PodResourceClaim": "name resourceClaimName resourceClaimTemplateName",
    "PodSchedulingGroup": "podGroupName",
    "EvictionResponder": "name priority",
}
"""By Go type: its fields in order; behind a colon the type of what a field holds, where that has an order too."""


def in_go_order(value: Any, go_type: str = "DaemonSet") -> Any:
    """The same value with its fields as Go writes them; what Go does not know stands last, in alphabetical order."""
    if isinstance(value, list):
        return [in_go_order(each, go_type) for each in value]
    if not isinstance(value, Mapping):
        return value
    types = dict(field.partition(":")[::2] for field in _TYPES.get(go_type, "").split())
    ordered = [*(name for name in types if name in value), *sorted(value.keys() - types.keys())]
    return {name: in_go_order(value[name], types.get(name, "")) for name in ordered}
