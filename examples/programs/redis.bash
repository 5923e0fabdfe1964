# What the programs that run a redis server share.

# The socket lies in the job's own directory: no port is taken, and no other server can be meant.
client() {
    redis-cli -s server.socket "$@"
}

start_server() {
    run "$inputs/redis-server" --port 0 --unixsocket "$PWD/server.socket" --dir "$PWD" --pidfile "$PWD/server.pid" \
        --daemonize no --save '' --enable-debug-command local --logfile "$PWD/server.log" &
    server=$!
    await_server answers
}

answers() { [[ $(client ping) == PONG ]]; }
