# JSON, regular expressions, sorting, decimals, compression, parsing, templates, in Python; every block of the
# interpreter is asked from malloc.
needs=(/usr/bin/python3:python3)

job() {
    PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 \
        run /usr/bin/python3 -s -S "$examples/programs/python3.py" 1 > answers
}
