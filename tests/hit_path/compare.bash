#!/usr/bin/env bash
# compare.bash OBJECT - the functions empty_X and other_X of an object file have the same instructions, busy_X has others.
set -euo pipefail
object=$1
failures=0

# instructions FUNCTION - one a line, sorted: mnemonic and operands. Left out: addresses within the code, names, padding;
# and the order, because a compiler lays out the cold ends of a function as it likes.
instructions() {
    objdump --disassemble="$1" --no-show-raw-insn --no-addresses "$object" |
        sed -n "/^<$1>:/,\$p" | sed '1d' |
        sed -E 's/<[^>]*>//g; s/#.*//; s/\b[0-9a-f]+ *$/PLACE/; s/0x[0-9a-f]+\(%rip\)/PLACE/; s/[[:space:]]+/ /g; /^ ?$/d; /^ ?(nop|xchg %ax,%ax|data16|cs nop)/d' | sort
}

for function in malloc free allocate deallocate; do
    empty=$(instructions "empty_$function") other=$(instructions "other_$function") busy=$(instructions "busy_$function")
    count=$(wc -l <<< "$empty")
    if ((count < 5)); then
        echo "$function: only $count instructions found" && failures=1
    elif [[ $empty != "$other" ]]; then
        echo "$function: an empty piece changes the instructions:" && failures=1
        diff <(echo "$empty") <(echo "$other") || true
    elif [[ $empty == "$busy" ]]; then
        echo "$function: pieces that do something change nothing: the comparison is blind" && failures=1
    else
        echo "$function: $count instructions, with empty pieces of whatever name"
    fi
done
exit $failures
