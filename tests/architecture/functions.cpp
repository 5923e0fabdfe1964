// Most functions are short: the median function has at most 8 lines, nine in ten have at most 25.
//
// A function is a pair of braces that follows a parameter list outside of any other function; its length is the number
// of lines between its braces that are not blank. Lambdas and local classes belong to the function around them.
#include "source.hpp"

#include <algorithm>
#include <cctype>

namespace architecture {
namespace {

constexpr std::size_t most_lines_median = 8;
constexpr std::size_t most_lines_nine_tenths = 25;

struct function {
    std::string name;
    std::string path;
    std::size_t line;
    std::size_t length;
};

struct token {
    std::string_view text;
    std::size_t at;
};

using tokens = std::vector<token>;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Words, and the operators that must not be taken apart: a = inside of == is no initializer.
std::size_t token_length(std::string_view code) {
    if (is_word(code[0])) return std::size_t(std::find_if_not(code.begin(), code.end(), is_word) - code.begin());
    for (std::string_view op :
         {"<=>", "::", "==", "!=", "<=", ">=", "&&", "||", "->", "+=", "-=", "*=", "/=", "|=", "&=", "^=", "%="})
        if (code.starts_with(op)) return op.size();
    return 1;
}

tokens tokenize(std::string_view code) {
    tokens found;
    for (std::size_t at = 0; at < code.size();) {
        if (std::isspace(static_cast<unsigned char>(code[at]))) {
            ++at;
            continue;
        }
        std::size_t length = token_length(code.substr(at));
        found.push_back({code.substr(at, length), at});
        at += length;
    }
    return found;
}

// The tokens of a declaration up to a brace, as far as they tell what the brace opens.
class declaration {
    tokens head_;

public:
    void add(const token& t) { head_.push_back(t); }
    void clear() { head_.clear(); }
    bool empty() const { return head_.empty(); }

    bool is_scope() const {
        if (has_at_top("namespace")) return true;
        if (has_at_top("enum")) return false;
        if (has_at_top("class") || has_at_top("struct") || has_at_top("union")) return !is_function_returning_class();
        return !head_.empty() && head_[0].text == "extern" && !has_at_top("(");
    }

    // Called if it is no scope.
    bool is_function() const {
        if (has_at_top("enum") || opens_requirements() || opens_member_initializer()) return false;
        std::size_t initializer = find_at_top("=");
        if (initializer < head_.size()) return is_lambda(initializer + 1);
        return has_at_top("(");
    }

    // The word before the parameter list.
    std::string name() const {
        std::size_t list = std::min(find_at_top("("), find_at_top("="));
        if (list == 0 || list >= head_.size()) return "?";
        std::size_t first = list - 1;
        for (std::size_t i = 0; i < list; ++i)
            if (head_[i].text == "operator") first = i;
        if (first > 0 && head_[first - 1].text == "~") --first;
        std::string joined;
        for (std::size_t i = first; i < list; ++i) joined += head_[i].text;
        return joined;
    }

    std::size_t at() const { return head_.empty() ? 0 : head_[begin_of_name()].at; }

private:
    std::size_t begin_of_name() const {
        std::size_t list = std::min(find_at_top("("), find_at_top("="));
        return list == 0 || list >= head_.size() ? 0 : list - 1;
    }

    std::string_view text(std::size_t i) const { return i < head_.size() ? head_[i].text : std::string_view(); }

    // The first `what` outside of parentheses, brackets and template parameters; head_.size() if there is none.
    // An operator's own name is not looked at.
    std::size_t find_at_top(std::string_view what) const {
        for (std::size_t i = 0; i < head_.size(); ++i) {
            if (text(i) == "template" && text(i + 1) == "<") {
                i = close_angle(i + 1);
                continue;
            }
            if (text(i) == what && !is_attribute(i)) return i;
            if (text(i) == "operator") i = end_of_operator(i);
            if (text(i) == "(" || text(i) == "[") i = close_bracket(i);
        }
        return head_.size();
    }

    bool has_at_top(std::string_view what) const { return find_at_top(what) < head_.size(); }

    // The parentheses after these words hold no parameters.
    bool is_attribute(std::size_t i) const {
        if (text(i) != "(" || i == 0) return false;
        for (std::string_view word : {"alignas", "decltype", "requires", "explicit", "noexcept", "__attribute__"})
            if (text(i - 1) == word) return true;
        return false;
    }

    // operator ( ) and operator = and operator bool: the last token before the parameter list.
    std::size_t end_of_operator(std::size_t i) const {
        if (text(i + 1) == "(") return i + 2;
        ++i;
        while (i + 1 < head_.size() && text(i + 1) != "(") ++i;
        return i;
    }

    std::size_t close_bracket(std::size_t i) const {
        int depth = 0;
        for (; i < head_.size(); ++i) {
            if (text(i) == "(" || text(i) == "[") ++depth;
            if ((text(i) == ")" || text(i) == "]") && --depth == 0) break;
        }
        return i;
    }

    std::size_t close_angle(std::size_t i) const {
        int depth = 0;
        for (; i < head_.size(); ++i) {
            if (text(i) == "(" || text(i) == "[") i = close_bracket(i);
            if (text(i) == "<") ++depth;
            if (text(i) == ">" && --depth == 0) break;
        }
        return i;
    }

    std::size_t open_bracket(std::size_t i) const {
        int depth = 0;
        for (;; --i) {
            if (text(i) == ")") ++depth;
            if (text(i) == "(" && --depth == 0) return i;
            if (i == 0) return 0;
        }
    }

    // struct x f() { ... }: the class is only named in passing.
    bool is_function_returning_class() const {
        return has_at_top("(") && !has_at_top(":") && find_at_top("(") > find_at_top("struct") + 2;
    }

    bool is_lambda(std::size_t i) const { return text(i) == "["; }

    // requires { and requires(T t) {, but not a trailing `requires (constraint) {`.
    bool opens_requirements() const {
        if (head_.empty()) return false;
        std::size_t last = head_.size() - 1;
        if (text(last) == "requires") return true;
        if (text(last) != ")") return false;
        std::size_t word = open_bracket(last);
        if (word == 0 || text(word - 1) != "requires") return false;
        if (word == 1) return true;
        for (std::string_view before : {"requires", "=", "&&", "||", "!", "("})
            if (text(word - 2) == before) return true;
        return false;
    }

    // x(int a) : member{: a colon after the parameters, and a name before the brace.
    bool opens_member_initializer() const {
        std::size_t colon = find_at_top(":");
        if (colon >= head_.size() || find_at_top("(") > colon) return false;
        std::string_view last = head_.back().text;
        return is_word(last[0]) || last == ">";
    }
};

// Walks over one header: which braces open a scope to look into, and which a function.
class function_finder {
    const source& source_;
    tokens tokens_;
    std::size_t at_ = 0;
    declaration head_;
    int parentheses_ = 0;
    std::vector<function> found_;

public:
    explicit function_finder(const source& s) : source_(s), tokens_(tokenize(s.code)) {}

    std::vector<function> run() {
        for (; at_ < tokens_.size(); ++at_) step(tokens_[at_]);
        return std::move(found_);
    }

private:
    void step(const token& t) {
        if (t.text == "(") ++parentheses_;
        if (t.text == ")") --parentheses_;
        if (t.text == "{") return open_brace();
        if (t.text == "}" || (t.text == ";" && parentheses_ == 0)) return head_.clear();
        if (t.text == ":" && is_access(at_)) return head_.clear();
        head_.add(t);
    }

    bool is_access(std::size_t i) const {
        if (i == 0) return false;
        std::string_view word = tokens_[i - 1].text;
        return word == "public" || word == "private" || word == "protected";
    }

    void open_brace() {
        if (parentheses_ > 0) return skip_braces();
        if (head_.is_scope()) return head_.clear();
        if (!head_.is_function()) return skip_initializer();
        std::size_t open = tokens_[at_].at;
        skip_braces();
        if (at_ < tokens_.size()) record(open, tokens_[at_].at);
        head_.clear();
    }

    // The declaration goes on behind the braces: x(int a) : member{a} {}
    void skip_initializer() {
        skip_braces();
        if (at_ < tokens_.size()) head_.add(tokens_[at_]);
    }

    // From an opening brace to the one that closes it.
    void skip_braces() {
        int depth = 0;
        for (; at_ < tokens_.size(); ++at_) {
            if (tokens_[at_].text == "{") ++depth;
            if (tokens_[at_].text == "}" && --depth == 0) return;
        }
    }

    void record(std::size_t open, std::size_t close) {
        const auto body = lines_of(std::string_view(source_.text).substr(open + 1, close - open - 1));
        auto has_text = [](const std::string& l) { return l.find_first_not_of(" \t\r") != l.npos; };
        const auto length = std::count_if(body.begin(), body.end(), has_text);
        const auto begin = source_.text.begin();
        const auto line = 1 + std::count(begin, begin + std::ptrdiff_t(head_.at()), '\n');
        found_.push_back({head_.name(), source_.path, std::size_t(line), std::size_t(length)});
    }
};

std::vector<function> functions_of(const std::string& root) {
    std::vector<function> all;
    for (const source& s : read_headers(root))
        for (function& f : function_finder(s).run()) all.push_back(std::move(f));
    std::stable_sort(all.begin(), all.end(), [](const function& a, const function& b) { return a.length > b.length; });
    return all;
}

// The length that `tenths` in ten functions do not exceed; `all` is sorted, longest first.
std::size_t length_of_most(const std::vector<function>& all, std::size_t tenths) {
    return all.empty() ? 0 : all[(all.size() - 1) * (10 - tenths) / 10].length;
}

void expect_at_most(findings& found, const std::string& what, std::size_t length, std::size_t most) {
    found.remarks.push_back(what + ": " + std::to_string(length) + " lines, at most " + std::to_string(most));
    if (length > most)
        found.complaints.push_back(what + " has " + std::to_string(length) + " lines, expected at most "
                                   + std::to_string(most));
}

void list_longest(findings& found, const std::vector<function>& all, std::size_t most) {
    for (std::size_t i = 0; i < std::min(most, all.size()); ++i)
        found.remarks.push_back("  " + std::to_string(all[i].length) + " lines: include/ptm/" + all[i].path + ":"
                                + std::to_string(all[i].line) + " " + all[i].name);
}

} // namespace

findings check_functions(const std::string& root) {
    const auto all = functions_of(root);
    findings found;
    found.remarks.push_back(std::to_string(all.size()) + " functions");
    expect_at_most(found, "median function", length_of_most(all, 5), most_lines_median);
    expect_at_most(found, "nine in ten functions", length_of_most(all, 9), most_lines_nine_tenths);
    list_longest(found, all, 10);
    return found;
}

} // namespace architecture
