# Make the cluster of databases if there is none, as the official image does, then serve it.
set -eu
secret() { # NAME: its value, or the content of the file that NAME_FILE names
    eval "value=\${$1-} file=\${$1_FILE-}"
    [ -z "$file" ] || value=$(cat "$file")
    printf %s "$value"
}
user=$(secret POSTGRES_USER) password=$(secret POSTGRES_PASSWORD) database=$(secret POSTGRES_DB)
user=${user:-postgres} database=${database:-$user}
# The kubelet opens a volume to its pod's group, and the server refuses that.
mkdir -p "$PGDATA" && chmod 0700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    printf %s "$password" >/tmp/password
    initdb --username="$user" --pwfile=/tmp/password --auth-host=scram-sha-256 --auth-local=trust >/dev/null
    rm /tmp/password
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -o "-c listen_addresses=" start >/dev/null
    [ "$database" = postgres ] || createdb --username="$user" "$database"
    for script in /docker-entrypoint-initdb.d/*; do
        case $script in
        *.sh) POSTGRES_USER=$user POSTGRES_DB=$database sh "$script" ;;
        *.sql) psql -v ON_ERROR_STOP=1 --no-psqlrc --username="$user" --dbname="$database" -f "$script" ;;
        esac
    done
    pg_ctl -w -m fast stop >/dev/null
fi
exec postgres -c 'listen_addresses=*'
