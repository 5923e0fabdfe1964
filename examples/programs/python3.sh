# The standard library at work: JSON, regular expressions, sorting, decimals, compression, parsing, templates.
# Python serves blocks of up to 512 bytes from an allocator of its own; the larger ones come from malloc.
needs=(python3:python3)

job() {
    PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 run python3 -s -S "$sources/python3.py" "$(pick 3 1)" > answers
}
