"""`allswell controller`: what the operator's pod runs."""

import argparse

from allswell.controller import main

DESCRIPTION = """\
Run the operator: it makes true what Monitors and StatusPages say, and runs the collector that
checkers report to. It needs a cluster (a pod's account, or KUBECONFIG) and the central database."""
EPILOG = """\
environment:
  ALLSWELL_DATABASE_URL             the central database (or ALLSWELL_DATABASE_URL_FILE)
  ALLSWELL_DATABASE_SECRET          a Secret with the password that the address lacks; it is made,
                                    with one for the page, if it is not there
  ALLSWELL_NAMESPACE                the operator's own namespace
  ALLSWELL_WATCH_NAMESPACES         the namespaces to serve, with commas; empty for all
  ALLSWELL_CHECKER_IMAGE            the image that checker pods run: this one
  ALLSWELL_CHECKER_PULL_POLICY      Always, IfNotPresent or Never, default IfNotPresent
  ALLSWELL_CHECKER_PULL_SECRETS     names of Secrets, with commas
  ALLSWELL_CHECKER_CPU_REQUEST      default 10m
  ALLSWELL_CHECKER_MEMORY_REQUEST   default 48Mi
  ALLSWELL_CHECKER_MEMORY_LIMIT     default 128Mi
  ALLSWELL_CHECKER_STORAGE_CLASS    default: the cluster's
  ALLSWELL_CHECKER_NODE_SELECTOR    label=value, with commas
  ALLSWELL_CHECKER_PRIORITY_CLASS   the checkers' priority class
  ALLSWELL_CHECKER_LOG_LEVEL        default INFO
  ALLSWELL_CHECKER_METRICS          whether all who reach a checker may read its figures: false
  ALLSWELL_CHECKER_EXTRA_CA_FILE    authorities that targets may use beside the public ones (PEM)
  ALLSWELL_REFERENCES               host:port, with commas: reached if the network works
  ALLSWELL_GRACE_LEAST, _MOST       bounds of grace in seconds, default 60 and 600
  ALLSWELL_ALLOW_PRIVATE            whether private addresses may be checked, default true
  ALLSWELL_DENIED_NETWORKS          networks that no check may reach, with commas: 10.0.0.0/8
  ALLSWELL_COLLECTOR_URL            how checkers reach the collector: https://…
  ALLSWELL_COLLECTOR_BIND           where the collector listens, default 0.0.0.0:8443
  ALLSWELL_STATUS_BIND              /healthz, /readyz and /metrics, default 0.0.0.0:8080
  ALLSWELL_CA_SECRET                the Secret that keeps the collector's CA
  ALLSWELL_CA_CONFIGMAP             the ConfigMap that publishes it, both: allswell-collector-ca
  ALLSWELL_WEB_SERVICE_ACCOUNT      the page's service account, default allswell-web
  ALLSWELL_PAGE_URL                 where pages are, for their status: https://…
  ALLSWELL_PAGES_DOMAIN             the domain that is dedicated to pages; without it customers'
                                    own host names are not served, nor the following asked for
  ALLSWELL_PAGES_KEY_SECRET         the Secret that keeps the key of pages' addresses
  ALLSWELL_ISSUER                   ClusterIssuer/name or Issuer/name, for customers' certificates
  ALLSWELL_ROUTING                  Ingress (default) or Gateway
  ALLSWELL_INGRESS_CLASS            the class of Ingresses; default: the cluster's
  ALLSWELL_GATEWAY                  namespace/name of the Gateway
  ALLSWELL_GATEWAY_HTTP_LISTENER    its listener for plain HTTP, which then leads to HTTPS
  ALLSWELL_WEB_SERVICE              name:port of the page's Service, default allswell-web:80
  ALLSWELL_RESOLVERS                who is asked for customers' records; default: the machine's
  ALLSWELL_CAA_DOMAINS              what the issuer is called in CAA records; empty: not looked at
  ALLSWELL_HOSTNAME_RULES           which namespaces may have which names, as JSON
  ALLSWELL_HOSTNAME_RECHECK_SECONDS, _GRACE_SECONDS, _REST_SECONDS
                                    defaults 600, 259200 and 2592000
  ALLSWELL_CERTIFICATE_BUDGET       of one name an hour, all in 3 h, one domain a week: 4,250,45
  ALLSWELL_ARCHIVE_BUCKET           the bucket of the archive; without it there is none
  ALLSWELL_ARCHIVE_PREFIX           what stands before every name in it
  ALLSWELL_ARCHIVE_ENDPOINT         another store than Amazon's, like https://s3.example.com
  ALLSWELL_ARCHIVE_REGION           its region
  ALLSWELL_ARCHIVE_ADDRESSING       path, virtual or auto: where the bucket's name stands
  ALLSWELL_ARCHIVE_CA_FILE          the authorities of its store (PEM), instead of the public ones
  ALLSWELL_ARCHIVE_ENCRYPTION       AES256 or aws:kms, with
  ALLSWELL_ARCHIVE_KMS_KEY          the key for it
  ALLSWELL_ARCHIVE_ACCESS_KEY_ID    the key to the bucket (or …_FILE), with
  ALLSWELL_ARCHIVE_SECRET_ACCESS_KEY
                                    its secret (or …_FILE); without them the machine's identity
  ALLSWELL_ARCHIVE_DELETED_MONITORS keep (default) or delete the archive of deleted Monitors,
  ALLSWELL_ARCHIVE_DELETE_AFTER_DAYS
                                    after so many days, default 90
  ALLSWELL_LEASE                    the Lease of the one operator at work: allswell-operator
  ALLSWELL_IDENTITY                 this operator's name in it, default the pod's
  ALLSWELL_WORKERS                  objects looked at at once, default 8
  ALLSWELL_ROLLOUT_BATCH            checkers replaced at once by an upgrade: 10, or default 5%
  ALLSWELL_LOG_LEVEL                DEBUG, INFO, WARNING or ERROR, default INFO

exit codes: 0 stopped by SIGTERM, 1 it cannot run, 2 bad settings"""


def arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> int:
    """Run until stopped; the exit code."""
    return main.main()
