{{/* The prefix of all names; "allswell" alone for a release of that name. */}}
{{- define "allswell.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | replace "." "-" | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" (.Release.Name | replace "." "-" | trunc 31) .Chart.Name -}}
{{- end -}}
{{- end -}}

{{/* The prefix of names outside the release's namespace: releases in two namespaces may have the same
name. A namespace's name contains no dot, so these prefixes are unique. */}}
{{- define "allswell.clustername" -}}
{{- printf "%s.%s" .Release.Namespace (include "allswell.fullname" .) -}}
{{- end -}}

{{- define "allswell.selector" -}}
app.kubernetes.io/name: allswell
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "allswell.labels" -}}
{{ include "allswell.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- end -}}

{{- define "allswell.metadata" -}}
name: {{ include "allswell.fullname" .root }}-{{ .component }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "allswell.labels" . | nindent 2 }}
{{- end -}}

{{- define "allswell.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The URL of the central database, for one of its two users. The operator makes the Secret with the
passwords of the bundled database, so it needs none of them in its environment. */}}
{{- define "allswell.databaseEnv" -}}
{{- $database := .root.Values.database -}}
{{- if $database.existingSecret -}}
- name: ALLSWELL_DATABASE_URL_FILE
  value: /etc/allswell/database/url
{{- else -}}
{{- $name := printf "%s-database" (include "allswell.fullname" .root) -}}
{{- $address := printf "%s.%s.svc:5432/allswell" $name .root.Release.Namespace -}}
{{- if eq .component "operator" -}}
- name: ALLSWELL_DATABASE_SECRET
  value: {{ $name }}
- name: ALLSWELL_DATABASE_URL
  value: postgresql://allswell@{{ $address }}
{{- else -}}
- name: DATABASE_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ $name }}, key: web-password}
- name: ALLSWELL_DATABASE_URL
  value: postgresql://allswell_web:$(DATABASE_PASSWORD)@{{ $address }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "allswell.databaseMount" -}}
{{- if .Values.database.existingSecret }}
- {name: database, mountPath: /etc/allswell/database, readOnly: true}
{{- end }}
{{- end -}}

{{- define "allswell.databaseVolume" -}}
{{- if .root.Values.database.existingSecret }}
- name: database
  secret:
    secretName: {{ .root.Values.database.existingSecret | quote }}
    items:
    - {key: {{ .key | quote }}, path: url}
{{- end }}
{{- end -}}

{{- define "allswell.collector" -}}
https://{{ include "allswell.fullname" . }}-collector.{{ .Release.Namespace }}.svc:8443
{{- end -}}

{{- define "allswell.ca" -}}
{{ include "allswell.fullname" . }}-collector-ca
{{- end -}}

{{- define "allswell.pagesKey" -}}
{{ include "allswell.fullname" . }}-pages-key
{{- end -}}

{{/* The registered domain of a host, by the same guess as `registered_domain` of the operator. */}}
{{- define "allswell.registered" -}}
{{- $labels := splitList "." . -}}
{{- $registries := list "ac" "co" "com" "edu" "go" "gov" "gv" "ne" "net" "or" "org" -}}
{{- $isRegistry := and (eq (len (last $labels)) 2) (has (last (initial $labels)) $registries) -}}
{{- $kept := min (len $labels) (ternary 3 2 $isRegistry) -}}
{{- join "." (slice $labels (sub (len $labels) $kept)) -}}
{{- end -}}

{{/* The Secret of the wildcard certificate. One from cert-manager stays when its Certificate is deleted. */}}
{{- define "allswell.pagesTls" -}}
{{ .Values.pagesCertificate.existingSecret | default (printf "%s-pages-tls" (include "allswell.fullname" .)) }}
{{- end -}}

{{/* The security context of every pod: not root, and the default seccomp profile. */}}
{{- define "allswell.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "allswell.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "allswell.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "allswell.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The peers that may read metrics: the pods of the policy's own namespace, and `metricsFrom`. */}}
{{- define "allswell.readers" -}}
- podSelector: {}
{{- with .Values.networkPolicy.metricsFrom }}
{{ toYaml . }}
{{- end }}
{{- end -}}
