// kept.cpp - see kept.hpp.
#include "kept.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace equivalence {
namespace {

// FNV-1a.
class hasher {
public:
    void add(const std::string& text) {
        for (const char c : text) add(c);
    }
    void add_line(const std::string& line) {
        add(line);
        add('\n');
    }
    std::uint64_t value() const { return value_; }

private:
    void add(char c) { value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u; }
    std::uint64_t value_ = 0xcbf29ce484222325u;
};

std::uint64_t hash(const lines& log, std::size_t from, std::size_t to) {
    hasher h;
    for (std::size_t i = from; i < to; ++i) h.add_line(log[i]);
    return h.value();
}

std::uint64_t hash(const std::string& text) {
    hasher h;
    h.add(text);
    return h.value();
}

std::string hexadecimal(std::uint64_t value, int digits) {
    char text[17];
    std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(value));
    return text;
}

// read_field - one line of the head: a word and its value.
void read_field(kept_log& k, const std::string& word, std::istream& in) {
    if (word == "character")
        in >> k.of.made_of.character;
    else if (word == "seed")
        in >> k.of.made_of.seed;
    else if (word == "steps")
        in >> k.of.made_of.steps;
    else if (word == "setting")
        in >> k.of.environment.emplace_back();
    else if (word == "trace")
        in >> std::hex >> k.trace_hash;
    else if (word == "lines")
        in >> k.line_count;
    else if (word == "whole")
        in >> std::hex >> k.whole;
}

} // namespace

kept_log digest(const test_case& of, const std::string& trace, const lines& log, bool keep_full) {
    kept_log k{of, hash(trace), log.size(), hash(log, 0, log.size()), {}, {}};
    for (std::size_t from = 0; from < log.size(); from += lines_in_block) {
        const std::uint64_t block = hash(log, from, std::min(from + lines_in_block, log.size()));
        k.blocks.push_back(static_cast<std::uint32_t>(block >> 32 ^ block));
    }
    if (keep_full) k.full = log;
    return k;
}

std::string kept_log::text() const {
    std::ostringstream out;
    out << "character " << of.made_of.character << "\nseed " << of.made_of.seed << "\nsteps " << of.made_of.steps;
    for (const std::string& variable : of.environment) out << "\nsetting " << variable;
    out << "\ntrace " << hexadecimal(trace_hash, 16) << "\nlines " << line_count;
    out << "\nwhole " << hexadecimal(whole, 16) << (full.empty() ? "\nblocks\n" : "\nlog\n");
    for (const std::string& line : full) out << line << "\n";
    for (std::size_t i = 0; full.empty() && i < blocks.size(); ++i) {
        out << hexadecimal(blocks[i], 8) << (i % 12 == 11 || i + 1 == blocks.size() ? "\n" : " ");
    }
    return out.str();
}

kept_log read_kept(const std::string& text) {
    kept_log k;
    std::istringstream in(text);
    std::string word;
    for (std::string line; word != "blocks" && word != "log" && std::getline(in, line);) {
        std::istringstream fields(line);
        fields >> word;
        read_field(k, word, fields);
    }
    for (std::string line; word == "log" && std::getline(in, line);) k.full.push_back(line);
    for (std::uint32_t block; word == "blocks" && in >> std::hex >> block;) k.blocks.push_back(block);
    if (word == "log") k.blocks = digest(k.of, "", k.full, false).blocks;
    return k;
}

kept_comparison compare(const kept_log& kept, const std::string& trace, const lines& log) {
    const kept_log now = digest(kept.of, trace, log, false);
    kept_comparison c;
    c.compared = std::max(kept.line_count, now.line_count);
    c.same_trace = now.trace_hash == kept.trace_hash;
    const std::size_t blocks = std::max(kept.blocks.size(), now.blocks.size());
    for (std::size_t i = 0; i < blocks; ++i) {
        const bool same = i < kept.blocks.size() && i < now.blocks.size() && kept.blocks[i] == now.blocks[i];
        if (!same && c.differing_blocks++ == 0) c.first_line = i * lines_in_block;
    }
    if (c.differing_blocks == 0 && kept.whole != now.whole) c.differing_blocks = 1;
    return c;
}

} // namespace equivalence
