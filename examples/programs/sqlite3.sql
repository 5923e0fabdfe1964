PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;

CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, day INTEGER, cents INTEGER, remark TEXT);

-- A linear congruential sequence stands in for chance, so that every run sees the same rows.
INSERT INTO customer
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
SELECT i, 'customer ' || ((i * 7919) % 20011), 'city ' || (i * 31 % 97) FROM n;

INSERT INTO purchase
WITH RECURSIVE n(i, x) AS (
    SELECT 1, 12345
    UNION ALL
    SELECT i + 1, (x * 1103515245 + 12345) % 2147483648 FROM n WHERE i < :rows)
SELECT i, 1 + x / 7 % 20000, x / 64 % 3650, x / 128 % 100000, substr('remark on purchase number ' || x, 1, 9 + x % 24)
FROM n;

CREATE INDEX purchase_customer ON purchase (customer, day);
SELECT count(*), sum(cents), min(remark), max(remark) FROM purchase;

SELECT city, count(*), sum(cents) FROM purchase JOIN customer ON customer.id = customer
GROUP BY city ORDER BY 3 DESC, city;

SELECT name, group_concat(remark, '; ') FROM (
    SELECT name, remark FROM customer JOIN purchase ON customer = customer.id
    WHERE day < 300 AND customer.id < 2000 ORDER BY customer.id, purchase.id)
GROUP BY name ORDER BY name;

UPDATE purchase SET remark = remark || ' (corrected)', cents = cents + 1 WHERE id % 11 = 0;
DELETE FROM purchase WHERE id % 13 = 0;
SELECT day, sum(cents), avg(length(remark)) FROM purchase WHERE day % 10 = 0 GROUP BY day ORDER BY day;
SELECT id, remark FROM purchase WHERE cents < 200 ORDER BY remark, id;
PRAGMA integrity_check;
