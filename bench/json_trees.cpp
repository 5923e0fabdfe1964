// json_trees [documents] - documents of nested objects and lists are written as text, read into trees, changed, written
// again and dropped; a few stay for a while. Small strings, map nodes, vectors, all freed by walking the tree.
#include "measured.hpp"
#include "support.hpp"

#include <map>
#include <memory>
#include <string>
#include <variant>

namespace {

struct value;
using list = std::vector<value>;
using object = std::map<std::string, value>;

struct value {
    std::variant<std::uint64_t, std::string, list, object> held;
};

// ---- writing -------------------------------------------------------------------------------------------------------

void write(const value& v, std::string& out);

void write_text(const std::string& text, std::string& out) { out.append(1, '"').append(text).append(1, '"'); }

void write_list(const list& members, std::string& out) {
    out += '[';
    for (const value& member : members) {
        write(member, out);
        out += ',';
    }
    out += ']';
}

void write_object(const object& members, std::string& out) {
    out += '{';
    for (const auto& [key, member] : members) {
        write_text(key, out);
        out += ':';
        write(member, out);
        out += ',';
    }
    out += '}';
}

void write(const value& v, std::string& out) {
    if (const auto* number = std::get_if<std::uint64_t>(&v.held)) out += std::to_string(*number);
    if (const auto* text = std::get_if<std::string>(&v.held)) write_text(*text, out);
    if (const auto* members = std::get_if<list>(&v.held)) write_list(*members, out);
    if (const auto* members = std::get_if<object>(&v.held)) write_object(*members, out);
}

// ---- reading what was written
// ----------------------------------------------------------------------------------------

class reader {
public:
    explicit reader(const std::string& text) : at_(text.data()) {}

    value read() {
        if (*at_ == '"') return {read_text()};
        if (*at_ == '[') return {read_list()};
        if (*at_ == '{') return {read_object()};
        return {read_number()};
    }

private:
    std::uint64_t read_number() {
        std::uint64_t number = 0;
        while (*at_ >= '0' && *at_ <= '9') number = number * 10 + static_cast<std::uint64_t>(*at_++ - '0');
        return number;
    }

    std::string read_text() {
        std::string text;
        for (++at_; *at_ != '"'; ++at_) text += *at_;
        ++at_;
        return text;
    }

    list read_list() {
        list members;
        for (++at_; *at_ != ']'; ++at_) members.push_back(read()); // one step: the comma
        ++at_;
        return members;
    }

    object read_object() {
        object members;
        for (++at_; *at_ != '}'; ++at_) {
            std::string key = read_text();
            ++at_; // the colon
            members.insert_or_assign(std::move(key), read());
        }
        ++at_;
        return members;
    }

    const char* at_;
};

// ---- documents
// -------------------------------------------------------------------------------------------------------

std::string name(bench::random_numbers& chance) {
    static constexpr const char* names[] = {
        "id",   "name",    "price",      "description", "customers", "a rather long key, as it is",
        "tags", "address", "created at", "parent"};
    return names[chance.below(10)];
}

value random_value(bench::random_numbers& chance, std::size_t depth) {
    const std::size_t kind = depth == 0 ? chance.below(2) : chance.below(4);
    if (kind == 0) return {chance.next() % 1'000'000};
    if (kind == 1) return {name(chance) + std::string(chance.below(60), 'x')};
    if (kind == 2) {
        list members;
        for (std::size_t i = chance.below(8); i > 0; --i) members.push_back(random_value(chance, depth - 1));
        return {std::move(members)};
    }
    object members;
    for (std::size_t i = chance.below(10); i > 0; --i)
        members.insert_or_assign(name(chance), random_value(chance, depth - 1));
    return {std::move(members)};
}

object random_document(bench::random_numbers& chance) {
    object members;
    for (std::size_t i = 0; i < 12; ++i) members.insert_or_assign(std::to_string(i), random_value(chance, 4));
    return members;
}

std::uint64_t work(std::size_t documents) {
    bench::random_numbers chance(17);
    std::vector<object> kept(64);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < documents; ++i) {
        std::string text, again;
        write_object(random_document(chance), text);
        value copy = reader(text).read();
        std::get<object>(copy.held).erase("7");
        write(copy, again);
        sum = sum * 31 + text.size() + again.size() + static_cast<unsigned char>(again[again.size() / 2]);
        kept[chance.below(kept.size())] = std::move(std::get<object>(copy.held));
    }
    return sum;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t documents = bench::argument(argc, argv, 1, 2'000);
    return bench::measured([=] { return work(documents); });
}
