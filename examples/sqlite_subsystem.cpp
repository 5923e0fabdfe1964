// A heap for a subsystem: sqlite3 takes its memory from an arena of its own, which has a limit, and whose figures are
// those of the database alone.
#include <cstdio>
#include <cstdlib>

#include <sqlite3.h>

#include <ptm/ptm.hpp>

using namespace ptm::literals;

namespace {
constinit ptm::arena<ptm::edit<ptm::synchronized_arena, ptm::set_main_backend<ptm::mmap_backend>>> database_memory;

// sqlite3 wants to know how large a block is, and gets what it asked for rounded to what it would get.
sqlite3_mem_methods methods{
    .xMalloc = [](int n) { return database_memory.allocate(static_cast<std::size_t>(n)); },
    .xFree = [](void* p) { database_memory.deallocate(p); },
    .xRealloc = [](void* p, int n) { return database_memory.reallocate(p, static_cast<std::size_t>(n)); },
    .xSize = [](void* p) { return static_cast<int>(database_memory.usable_size(p)); },
    .xRoundup = [](int n) { return (n + 7) & ~7; },
    .xInit = [](void*) { return SQLITE_OK; },
    .xShutdown = [](void*) {},
    .pAppData = nullptr,
};

void run(sqlite3* db, const char* statement) {
    char* error = nullptr;
    if (sqlite3_exec(db, statement, nullptr, nullptr, &error) == SQLITE_OK) return;
    std::fprintf(stderr, "%s: %s\n", statement, error);
    std::exit(1);
}
}

int main() {
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) return 1;
    database_memory.limit(64_MiB);
    sqlite3* db = nullptr;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) return 1;
    run(db, "create table t(n integer primary key, text text)");
    run(db,
        "with recursive c(n) as (select 1 union all select n + 1 from c where n < 20000)"
        " insert into t select n, 'a line of text, number ' || n from c");
    run(db, "create index by_text on t(text)");
    ptm::arena_figures now = database_memory.figures();
    std::printf("the database: %zu blocks, %zu KiB used of %zu KiB held\n", database_memory.live(),
                now.used_bytes() >> 10, database_memory.held() >> 10);
    bool used = database_memory.live() > 10 && now.used_bytes() > 500'000;
    sqlite3_close(db);
    sqlite3_shutdown();
    std::printf("after it was closed: %zu blocks, %zu bytes held\n", database_memory.live(), database_memory.held());
    return used && database_memory.live() == 0 && database_memory.held() == 0 ? 0 : 1;
}
