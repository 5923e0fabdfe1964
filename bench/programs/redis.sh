# A server under load: fifty clients on a socket, with a thousand kinds of keys; the time that the clients take. The
# server is on the allocator under test, the clients are not.
#
# Debian's server is linked to jemalloc. A preloaded library comes before it; for a fair comparison the plain server
# runs on the C library's malloc, preloaded in the same way. The package redis-tools has the server too: one program
# is server or checker by the name it is called by. The package redis-server would only add a service of the system.
needs=(redis-check-rdb:redis-tools redis-cli:redis-tools redis-benchmark:redis-tools)
measures=wall
plain_preload=libc.so.6
source "$examples/programs/redis.bash"

prepare() {
    ln -s "$(command -v redis-check-rdb)" redis-server
    awk -v keys="$(pick 40000 5000)" -f "$examples/programs/redis.awk" > commands
}

job() {
    local began
    trap stop_server EXIT
    start_server
    began=${EPOCHREALTIME/[.,]/}
    client --pipe < "$inputs/commands" | tail -n 1 > filled
    load "$(pick 40000 6000)"
    echo "wall=$((${EPOCHREALTIME/[.,]/} - began))" >> "$PTM_BENCH_FIGURES"
    client -n 1 flushdb > /dev/null
    client debug digest > digest
    stop_server
    trap - EXIT
    rm -f server.log
}

# Random keys go to a database of their own, which is emptied before anything is compared.
load() {
    redis-benchmark -s server.socket --dbnum 1 -q -r 1000 -d 180 -P 16 -n "$1" \
        -t set,get,incr,lpush,rpush,lpop,sadd,hset,zadd,lrange_100 > /dev/null
}
