"""Run `allswell controller`, the program of the operator's pod."""

import argparse

from allswell.controller import main

DESCRIPTION = """\
Run the operator: it reconciles Monitors and StatusPages, and runs the collector that checkers
report to. It needs a cluster (a pod's service account, or KUBECONFIG) and the central database."""
EPILOG = """\
environment:
  ALLSWELL_DATABASE_URL             the central database (or ALLSWELL_DATABASE_URL_FILE)
  ALLSWELL_DATABASE_SECRET          a Secret with the password that the URL lacks; it is created,
                                    with one for the page, if it does not exist
  ALLSWELL_NAMESPACE                the operator's own namespace
  ALLSWELL_WATCH_NAMESPACES         the namespaces to serve, comma-separated; empty for all
  ALLSWELL_CHECKER_IMAGE            the image of checker pods: this one
  ALLSWELL_CHECKER_PULL_POLICY      Always, IfNotPresent or Never, default IfNotPresent
  ALLSWELL_CHECKER_PULL_SECRETS     names of Secrets, comma-separated
  ALLSWELL_CHECKER_CPU_REQUEST      default 10m
  ALLSWELL_CHECKER_MEMORY_REQUEST   default 48Mi
  ALLSWELL_CHECKER_MEMORY_LIMIT     default 128Mi
  ALLSWELL_CHECKER_STORAGE_CLASS    default: the cluster's
  ALLSWELL_CHECKER_NODE_SELECTOR    label=value, comma-separated
  ALLSWELL_CHECKER_PRIORITY_CLASS   the checkers' priority class
  ALLSWELL_CHECKER_LOG_LEVEL        default INFO
  ALLSWELL_CHECKER_METRICS          whether whoever reaches a checker may read its metrics: false
  ALLSWELL_CHECKER_EXTRA_CA_FILE    CA certificates for targets beside the public ones (PEM)
  ALLSWELL_REFERENCES               host:port, comma-separated: reachable if the network works
  ALLSWELL_GRACE_LEAST, _MOST       bounds of the grace in seconds, default 60 and 600
  ALLSWELL_ALLOW_PRIVATE            whether private addresses may be checked, default true
  ALLSWELL_DENIED_NETWORKS          networks that no check may reach, comma-separated: 10.0.0.0/8
  ALLSWELL_COLLECTOR_URL            how checkers reach the collector: https://…
  ALLSWELL_COLLECTOR_BIND           where the collector listens, default 0.0.0.0:8443
  ALLSWELL_STATUS_BIND              /healthz, /readyz and /metrics, default 0.0.0.0:8080
  ALLSWELL_CA_SECRET                the Secret that holds the collector's CA
  ALLSWELL_CA_CONFIGMAP             the ConfigMap that publishes it, both: allswell-collector-ca
  ALLSWELL_WEB_SERVICE_ACCOUNT      the page's service account, default allswell-web
  ALLSWELL_PAGE_URL                 the URL of pages, for their status: https://…
  ALLSWELL_PAGES_DOMAIN             the domain dedicated to pages; without it customers' own host
                                    names are not served, and the following are not required
  ALLSWELL_PAGES_KEY_SECRET         the Secret that holds the key of pages' addresses
  ALLSWELL_ISSUER                   ClusterIssuer/name or Issuer/name, for customers' certificates
  ALLSWELL_ROUTING                  Ingress (default) or Gateway
  ALLSWELL_INGRESS_CLASS            the class of Ingresses; default: the cluster's
  ALLSWELL_GATEWAY                  namespace/name of the Gateway
  ALLSWELL_GATEWAY_HTTP_LISTENER    its listener for plain HTTP, which then redirects to HTTPS
  ALLSWELL_WEB_SERVICE              name:port of the page's Service, default allswell-web:80
  ALLSWELL_RESOLVERS                resolvers of customers' records; default: the machine's
  ALLSWELL_CAA_DOMAINS              the issuer's names in CAA records; empty: not checked
  ALLSWELL_HOSTNAME_RULES           which namespaces may have which host names, as JSON
  ALLSWELL_HOSTNAME_RECHECK_SECONDS, _GRACE_SECONDS, _REST_SECONDS
                                    defaults 600, 259200 and 2592000
  ALLSWELL_CERTIFICATE_BUDGET       of one name an hour, all in 3 h, one domain a week: 4,250,45
  ALLSWELL_ARCHIVE_BUCKET           the bucket of the archive; without it there is none
  ALLSWELL_ARCHIVE_PREFIX           the prefix of every key in it
  ALLSWELL_ARCHIVE_ENDPOINT         an S3 server other than Amazon's, like https://s3.example.com
  ALLSWELL_ARCHIVE_REGION           its region
  ALLSWELL_ARCHIVE_ADDRESSING       path, virtual or auto: where the URL has the bucket's name
  ALLSWELL_ARCHIVE_CA_FILE          CA certificates of the S3 server (PEM), not the public ones
  ALLSWELL_ARCHIVE_ENCRYPTION       the encryption: AES256, or aws:kms with
  ALLSWELL_ARCHIVE_KMS_KEY          the key for it
  ALLSWELL_ARCHIVE_ACCESS_KEY_ID    the access key of the bucket (or …_FILE), with
  ALLSWELL_ARCHIVE_SECRET_ACCESS_KEY
                                    its secret (or …_FILE), default the machine's identity
  ALLSWELL_ARCHIVE_DELETED_MONITORS keep (default) or delete the archive of deleted Monitors,
  ALLSWELL_ARCHIVE_DELETE_AFTER_DAYS
                                    after so many days, default 90
  ALLSWELL_LEASE                    the Lease of leader election, default allswell-operator
  ALLSWELL_IDENTITY                 this operator's identity in it, default the pod's name
  ALLSWELL_WORKERS                  how many objects are reconciled at once, default 8
  ALLSWELL_ROLLOUT_BATCH            checkers replaced at once by an upgrade: 10, or 5% (default)
  ALLSWELL_LOG_LEVEL                DEBUG, INFO, WARNING or ERROR, default INFO

exit codes: 0 stopped by SIGTERM, 1 cannot run, 2 bad settings"""


def arguments(_: argparse.ArgumentParser) -> None:
    """Declare no arguments."""


def run(_: argparse.Namespace) -> int:
    """Run until stopped; return the exit code."""
    return main.main()
