#include "source.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace architecture {
namespace {

namespace fs = std::filesystem;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Replaces what is not code by blanks; line breaks stay.
class blanker {
    std::string text_;
    std::size_t at_ = 0;
    bool literals_too_;

public:
    blanker(std::string text, bool literals_too) : text_(std::move(text)), literals_too_(literals_too) {}

    std::string run() {
        while (at_ < text_.size()) step();
        return std::move(text_);
    }

private:
    bool looking_at(std::string_view what) const { return text_.compare(at_, what.size(), what) == 0; }

    void step() {
        if (looking_at("//")) return comment_to("\n");
        if (looking_at("/*")) return comment_to("*/");
        if (text_[at_] == '"') return is_raw() ? raw_literal() : literal('"');
        if (text_[at_] == '\'' && !is_digit_separator()) return literal('\'');
        ++at_;
    }

    void blank(std::size_t end) {
        for (; at_ < end; ++at_)
            if (text_[at_] != '\n') text_[at_] = ' ';
    }

    void skip_literal(std::size_t end) { literals_too_ ? blank(end) : void(at_ = end); }

    void comment_to(std::string_view end) {
        std::size_t found = text_.find(end, at_ + 2);
        blank(found == text_.npos ? text_.size() : found + (end == "\n" ? 0 : end.size()));
    }

    void literal(char quote) {
        std::size_t end = ++at_;
        while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
        skip_literal(std::min(end, text_.size()));
        ++at_;
    }

    bool is_raw() const { return at_ > 0 && text_[at_ - 1] == 'R' && (at_ < 2 || !is_word(text_[at_ - 2])); }

    void raw_literal() {
        std::size_t open = text_.find('(', at_);
        if (open == text_.npos) return literal('"');
        std::string close = ")" + text_.substr(at_ + 1, open - at_ - 1) + "\"";
        std::size_t end = text_.find(close, open);
        ++at_;
        skip_literal(end == text_.npos ? text_.size() : end + close.size() - 1);
        ++at_;
    }

    // The ' of 10'000: the word it stands in begins with a digit.
    bool is_digit_separator() const {
        std::size_t begin = at_;
        while (begin > 0 && (is_word(text_[begin - 1]) || text_[begin - 1] == '\'')) --begin;
        return begin < at_ && std::isdigit(static_cast<unsigned char>(text_[begin]));
    }
};

bool is_directive(std::string_view text, std::size_t begin) {
    std::size_t first = text.find_first_not_of(" \t", begin);
    return first != text.npos && text[first] == '#';
}

// The end of the line that begins at `begin`, lines continued with a backslash included.
std::size_t end_of_logical_line(std::string_view text, std::size_t begin) {
    std::size_t end = text.find('\n', begin);
    while (end != text.npos && end > begin && text[end - 1] == '\\') end = text.find('\n', end + 1);
    return end == text.npos ? text.size() : end;
}

std::string blank_directives(std::string text) {
    for (std::size_t begin = 0; begin < text.size();) {
        std::size_t end = end_of_logical_line(text, begin);
        if (is_directive(text, begin))
            std::replace_if(
                text.begin() + std::ptrdiff_t(begin), text.begin() + std::ptrdiff_t(end),
                [](char c) { return c != '\n'; }, ' ');
        begin = end + 1;
    }
    return text;
}

source read_header(const fs::path& file, const fs::path& base) {
    std::ifstream in(file);
    source s;
    s.path = fs::relative(file, base).generic_string();
    s.text = {std::istreambuf_iterator<char>(in), {}};
    s.without_comments = blanker(s.text, false).run();
    s.code = blank_directives(blanker(s.text, true).run());
    return s;
}

directive parse_directive(std::string_view line, std::size_t number) {
    auto skip_blanks = [&](std::size_t from) { return std::min(line.find_first_not_of(" \t", from), line.size()); };
    std::size_t name = skip_blanks(line.find('#') + 1);
    std::size_t end = name;
    while (end < line.size() && is_word(line[end])) ++end;
    std::string rest(line.substr(skip_blanks(end)));
    rest.erase(rest.find_last_not_of(" \t\r") + 1);
    return {std::string(line.substr(name, end - name)), rest, number};
}

} // namespace

std::vector<source> read_headers(const std::string& root) {
    std::vector<source> headers;
    const fs::path base = fs::path(root) / "include" / "ptm";
    for (const auto& entry : fs::recursive_directory_iterator(base))
        if (entry.is_regular_file() && entry.path().extension() == ".hpp")
            headers.push_back(read_header(entry.path(), base));
    std::sort(headers.begin(), headers.end(), [](const source& a, const source& b) { return a.path < b.path; });
    return headers;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::vector<directive> directives_of(const source& s) {
    std::vector<directive> found;
    const auto lines = lines_of(s.without_comments);
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (is_directive(lines[i], 0)) found.push_back(parse_directive(lines[i], i + 1));
    return found;
}

} // namespace architecture
