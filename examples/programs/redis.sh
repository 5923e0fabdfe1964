# A server under load: filled through a pipe, saved by a forked child while clients write, restarted from its dump.
#
# Debian's server is linked to jemalloc. A preloaded library comes before it, so that malloc is ours all the same; for
# a fair comparison the plain server runs on the C library's malloc, preloaded in the same way.
# The package redis-tools has the server too: one program is server or checker by the name it is called by. The package
# redis-server would only add a system service, which nobody here asked for.
needs=(redis-check-rdb:redis-tools redis-cli:redis-tools redis-benchmark:redis-tools)
plain_preload=libc.so.6
source "$examples/programs/redis.bash"

prepare() {
    ln -s "$(command -v redis-check-rdb)" redis-server
    if ldd redis-server | grep -q libjemalloc; then
        echo "linked to libjemalloc: the plain run preloads libc.so.6, the other run ptm; both come first"
    fi
    awk -v keys="$(pick 200000 20000)" -f "$sources/redis.awk" > commands
}

job() {
    trap stop_server EXIT
    start_server
    client --pipe < "$inputs/commands" | tail -n 1 > filled
    client dbsize >> filled
    client debug digest > digest.filled
    load "$(pick 20000 4000)" &
    local loading=$!
    client bgsave > saved
    wait "$loading"
    wait_for_save
    client -n 1 flushdb > /dev/null
    client eval "local n = 0; for i = 1, 20000 do redis.call('append', 'grown:' .. i % 50, 'part ' .. i) end" 0
    client debug digest > digest.loaded
    client save >> saved
    stop_server
    start_server
    client debug digest > digest.reloaded
    cmp digest.loaded digest.reloaded
    client dbsize > reloaded
    client zrange sorted:1 0 -1 withscores >> reloaded
    client lrange list:2 0 -1 >> reloaded
    client get grown:7 >> reloaded
    stop_server
    trap - EXIT
    rm -f dump.rdb server.log
}

# Random keys go to a database of their own, which is emptied before anything is compared.
load() {
    redis-benchmark -s server.socket --dbnum 1 -q -r 50000 -d 180 -P 16 -n "$1" -t set,get,lpush,sadd,hset,zadd \
        > /dev/null
}

wait_for_save() {
    while ! client info persistence | grep -q 'rdb_bgsave_in_progress:0'; do sleep 0.1; done
    client info persistence | grep -o 'rdb_last_bgsave_status:[a-z]*' >> saved
}
