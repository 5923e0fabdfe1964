# A repository of its own: history imported, repacked, checked, searched and merged. Names, dates and the number of
# packing threads are fixed, so commit ids and the pack itself are the same each time.
needs=(git:git)

prepare() {
    awk -v commits="$(pick 2000 300)" -f "$sources/git.awk" > history
}

job() {
    git_options=(-c pack.threads=1 -c gc.auto=0 -c maintenance.auto=false -c init.defaultBranch=main)
    export GIT_AUTHOR_DATE="1700000000 +0000" GIT_COMMITTER_DATE="1700000000 +0000" GIT_CONFIG_NOSYSTEM=1
    export GIT_AUTHOR_NAME=author GIT_AUTHOR_EMAIL=author@example.test
    export GIT_COMMITTER_NAME=committer GIT_COMMITTER_EMAIL=committer@example.test
    git_run init -q repository
    cd repository
    git_run fast-import --quiet < "$inputs/history"
    git_run checkout -q main
    git_run merge -q -m merged side
    git_run gc -q --aggressive --prune=now
    git_run fsck --full --strict > ../checked 2>&1
    git_run log --graph --stat --format='%H %an %ad %s' > ../log
    git_run log -p -M --format=%H -- directory3 | sha256sum > ../patches
    git_run blame directory3/file3 > ../blame
    git_run rev-list --objects --all > ../objects
    git_run grep -n -c 'line 1.*7' > ../found
    git_run repack -q -a -d -f
    git_run archive main | sha256sum > ../archive
    sha256sum .git/objects/pack/*.idx .git/objects/pack/*.pack > ../packs
    cd ..
    rm -rf repository
}

git_run() {
    run git "${git_options[@]}" "$@"
}
