# A database that is filled, indexed, joined, aggregated, partly rewritten, checked: the job of examples/run, shorter.
needs=(sqlite3:sqlite3)

job() {
    run sqlite3 -batch -bail -cmd "PRAGMA temp_store = MEMORY" -cmd ".parameter init" \
        -cmd ".parameter set :rows $(pick 200000 20000)" shop.db < "$examples/programs/sqlite3.sql" > answers
    rm shop.db
}
