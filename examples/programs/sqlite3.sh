# A database of a million rows: filled, indexed, joined, aggregated, partly rewritten, checked.
# The file itself is not compared: SQLite leaves what happened to be in memory in the unused parts of its pages.
needs=(sqlite3:sqlite3)

job() {
    run sqlite3 -batch -bail -cmd "PRAGMA temp_store = MEMORY" -cmd ".parameter init" \
        -cmd ".parameter set :rows $(pick 1000000 100000)" shop.db < "$sources/sqlite3.sql" > answers
    rm shop.db
}
