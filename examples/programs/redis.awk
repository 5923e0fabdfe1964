# Writes commands for redis-cli --pipe, one a line: strings, lists, hashes and sorted sets, some of them removed again.
function chance(n) { state = (state * 16807) % 2147483647; return int(state / 64) % n }

BEGIN {
    state = 99
    filler = "abcdefghijklmnopqrstuvwxyz"
    for (i = 0; i < 4; ++i) filler = filler filler
    for (i = 1; i <= keys; ++i) {
        printf "SET key:%d \"%d %s\"\r\n", i, i, substr(filler, 1, 8 + chance(300))
        if (i % 5 == 0) printf "DEL key:%d\r\n", 1 + chance(i)
        if (i % 3 == 0) printf "RPUSH list:%d value:%d\r\n", chance(500), chance(100000)
        if (i % 3 == 1) printf "HSET hash:%d field:%d %d\r\n", chance(500), chance(300), i
        if (i % 3 == 2) printf "ZADD sorted:%d %d member:%d\r\n", chance(200), chance(1000), chance(5000)
    }
}
