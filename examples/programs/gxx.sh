# The compiler on a source full of templates: driver, compiler proper and assembler all run on the same allocator.
needs=(g++:g++)

job() {
    run g++ -std=c++20 "-O$(pick 2 0)" -g -DSIZE=2 -c "$sources/gxx.cpp" -o templates.o
    run g++ -std=c++20 -O1 -DSIZE=1 -S "$sources/gxx.cpp" -o templates.s
}
