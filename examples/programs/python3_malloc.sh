# The same job as python3, with every block of the interpreter asked from malloc.
# (-I would make Python ignore PYTHONMALLOC; -s -S leave out the packages of the user and of the machine.)
needs=(python3:python3)

job() {
    PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 \
        run python3 -s -S "$sources/python3.py" "$(pick 3 1)" > answers
}
