# A database server with 64 connections at once, each served by a thread of its own: tables, transactions, sorting,
# grouping, JSON, procedures; one table that all of them write to.
#
# The server's package mariadb-server would add a system service; mariadb-server-core has the program alone.
needs=(mariadbd:mariadb-server-core mariadb-install-db:mariadb-server-core mariadb:mariadb-client-core)

clients=64

prepare() {
    local i
    mariadb-install-db --no-defaults --user="$(id -un)" --auth-root-authentication-method=normal --skip-test-db \
        --datadir="$PWD/data" --innodb-flush-method=nosync --innodb-log-file-size=8M > /dev/null
    for ((i = 1; i <= clients; ++i)); do
        awk -v client="$i" -v rounds="$(pick 4 1)" -f "$sources/mariadb.awk" > "$i.sql"
    done
}

job() {
    trap stop_server EXIT
    cp -r "$inputs/data" data
    start_server
    client -e 'create database work; create table work.shared (id int primary key, n bigint, m bigint)'
    client work -e 'insert into shared select seq, 0, 0 from seq_1_to_10'
    load
    client work -e 'select * from shared order by id' > shared
    for ((i = 1; i <= clients; ++i)); do client work -e "checksum table own_$i extended; check table own_$i"; done > tables
    stop_server
    trap - EXIT
    rm -rf data server.log gate
}

# The socket lies in the job's own directory: no port is taken, and no other server can be meant.
client() {
    mariadb --no-defaults --socket=server.socket --user=root --batch --skip-column-names "$@"
}

start_server() {
    run mariadbd --no-defaults --user="$(id -un)" --datadir="$PWD/data" --tmpdir="$PWD/data" --skip-networking \
        --socket="$PWD/server.socket" --pid-file="$PWD/server.pid" --log-error="$PWD/server.log" --max-connections=100 \
        --innodb-flush-method=nosync --innodb-use-native-aio=0 --innodb-buffer-pool-size=64M >> server.log 2>&1 &
    server=$!
    await_server client -e 'do 0'
}

# load - all clients connect, and begin when the server has a thread for each.
load() {
    local i
    local -a loading=()
    for ((i = 1; i <= clients; ++i)); do
        { wait_for_gate && cat "$inputs/$i.sql"; } | client work > "answers.$i" &
        loading+=($!)
    done
    wait_for_threads
    touch gate
    for i in "${loading[@]}"; do wait "$i"; done
}

wait_for_gate() {
    until [[ -e gate ]]; do sleep 0.1; done
}

# Fails if there never are as many threads.
wait_for_threads() {
    local tries count
    for ((tries = 0; tries < 300; ++tries)); do
        count=$(client -e "show status like 'threads_connected'" | cut -f 2)
        if ((count > clients)) && (($(threads_of "$(< server.pid)") > clients)); then
            echo "a thread for each of $clients clients" > threads
            return
        fi
        sleep 0.1
    done
    echo "the server has $(threads_of "$(< server.pid)") threads, expected more than $clients" >&2
    touch gate
    return 1
}

threads_of() {
    awk '$1 == "Threads:" { print $2 }' "/proc/$1/status"
}
