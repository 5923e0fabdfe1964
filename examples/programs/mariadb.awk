# Writes the statements of one client. What they answer depends on no other client: their own tables are their own, and
# what they add to the shared one comes to the same sum in any order.
function chance(n) { state = (state * 16807) % 2147483647; return int(state / 64) % n }

function words(count, text) {
    for (text = ""; count > 0; --count) text = text sprintf("%c%c%d ", 97 + chance(26), 97 + chance(26), chance(1000))
    return text
}

function insert_many(i, separator) {
    printf "insert into %s (kind, amount, body) values", own
    for (i = 0; i < 100; ++i) {
        printf "%s\n(%d, %d, '%s')", separator, chance(12), chance(100000), words(1 + chance(60))
        separator = ","
    }
    print ";"
}

function change() {
    print "start transaction;"
    printf "update %s set body = concat(body, reverse(body)) where id %% 7 = %d and length(body) < 3000;\n", own, chance(7)
    printf "delete from %s where id %% 11 = %d;\n", own, chance(11)
    print (chance(4) ? "commit;" : "rollback;")
    printf "update shared set n = n + %d, m = m + 1 where id = %d;\n", chance(1000), 1 + chance(10)
}

function ask() {
    printf "select kind, count(*), sum(amount), md5(group_concat(body order by id separator '/')) from %s group by kind order by kind;\n", own
    printf "select md5(json_arrayagg(json_object('id', id, 'text', left(body, 40)) order by id)) from %s;\n", own
    printf "select id, left(body, 30) from %s order by md5(body), id limit 5;\n", own
    printf "select a.kind, count(*) from %s a join %s b on a.amount %% 50 = b.amount %% 50 group by a.kind order by a.kind;\n", own, own
    printf "with recursive f(n, a, b) as (select 1, 0, 1 union all select n + 1, b, a + b from f where n < %d) ", 20 + chance(20)
    print "select max(b) from f;"
    printf "select regexp_replace(body, '[a-m][n-z]', '<\\\\0>') from %s order by id limit 3;\n", own
    printf "call %s_sum_up(%d);\n", own, 50 + chance(100)
}

BEGIN {
    state = 1000 + client
    own = "own_" client
    print "set group_concat_max_len = 10000000;"
    printf "create table %s (id int auto_increment primary key, kind int, amount int, body text, key (kind), key (amount));\n", own
    print "delimiter //"
    printf "create procedure %s_sum_up(n int) begin declare s varchar(2000) default ''; declare i int default 0;\n", own
    print "while i < n do set s = concat(s, char(97 + i % 26)), i = i + 1; end while; select md5(s); end//"
    print "delimiter ;"
    for (r = 0; r < rounds; ++r) {
        insert_many()
        change()
        ask()
    }
}
