# Hashes, regular expressions, sorting, string building, closures and references.
needs=(perl:perl)

job() {
    PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 run perl "$examples/programs/perl.pl" "$(pick 2 1)" > answers
}
