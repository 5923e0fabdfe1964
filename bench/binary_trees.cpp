// binary_trees [trees] - trees of up to 262,143 nodes are built and freed, beside one of 524,287 that stays.
#include "measured.hpp"
#include "support.hpp"

namespace {

struct node {
    node *left, *right;
    std::uint64_t depth;
};

node* build(std::uint64_t depth) {
    node* const n = new node{nullptr, nullptr, depth};
    if (depth == 0) return n;
    n->left = build(depth - 1);
    n->right = build(depth - 1);
    return n;
}

std::uint64_t fell(node* n) {
    std::uint64_t sum = n->depth;
    if (n->left != nullptr) sum += fell(n->left) + fell(n->right);
    delete n;
    return sum;
}

std::uint64_t work(std::size_t trees) {
    node* const stays = build(18);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < trees; ++i) sum += fell(build(8 + i % 10));
    return sum + fell(stays);
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t trees = bench::argument(argc, argv, 1, 200);
    return bench::measured([=] { return work(trees); });
}
