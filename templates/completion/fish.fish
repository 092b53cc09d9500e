# fish completion for provision: provision completion fish | source; or save it as ~/.config/fish/completions/provision.fish
# Candidates come from `provision __complete`, which knows profiles, guests and groups.
function __provision_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        if string match -q ':files*' -- $line
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c provision -f -a '(__provision_complete)'
