# Hashes, regular expressions, sorting, string building, closures and references.
needs=(perl:perl)

job() {
    PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 run perl "$sources/perl.pl" "$(pick 5 1)" > answers
}
