// expect: the moon is made of cheese
static_assert(false, "the sea is made of water");
