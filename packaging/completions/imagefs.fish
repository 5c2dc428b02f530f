# Completion of imagefs(1) for fish. The program itself knows what may come next; see src/ImageFs/Completion/Completer.cs.

function __imagefs_complete
    set -l words (commandline -opc)
    set -l said ($words[1] __complete $words[2..-1] (commandline -ct | string collect --allow-empty) 2>/dev/null)
    set -l before (string match -r -- '^--[^=]*=' (commandline -ct))
    set -l kind (string split \t -- $said[1])
    switch "$kind[1]"
        case files
            __fish_complete_path "$kind[2]" '' | string replace -r '^' -- "$before"
        case directories
            __fish_complete_directories "$kind[2]" '' | string replace -r '^' -- "$before"
        case '*'
            printf '%s\n' $said[2..-1]
    end
end

complete -c imagefs -f -a '(__imagefs_complete)'
