# A JSON document of some megabytes: parsed, grouped, sorted, rewritten and printed.
needs=(jq:jq)

prepare() {
    awk -v records="$(pick 60000 6000)" '
        function chance(n) { state = (state * 16807) % 2147483647; return int(state / 64) % n }
        BEGIN {
            state = 42
            print "["
            for (i = 1; i <= records; ++i) {
                printf "%s{\"id\":%d,\"name\":\"person %d\",", (i > 1 ? "," : ""), i, chance(9999)
                printf "\"city\":\"city %d\",", chance(50)
                printf "\"scores\":[%d,%d,%d.5],\"home\":{\"street\":\"street %d\",\"open\":%s,\"note\":null}}\n", \
                    chance(100), chance(100), chance(100), chance(700), (chance(2) ? "true" : "false")
            }
            print "]"
        }' > people.json
}

job() {
    run jq 'group_by(.city) | map({city: .[0].city, count: length, best: (map(.scores | add) | max),
            streets: (map(.home.street) | unique)})' "$inputs/people.json" > cities
    run jq -c 'map(select(.home.open) | .name |= ascii_upcase | .total = (.scores | add) | del(.scores))
            | sort_by(.total, .id) | .[]' "$inputs/people.json" > open
}
