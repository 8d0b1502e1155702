# SPDX-License-Identifier: MIT
# Made by scripts/completions from what svread --help prints.

function __svread_channels
    set -l dir $SVIPC_DIR
    test -n "$dir"; or set dir /dev/shm/svipc-(id -u)
    test -d "$dir"; or set dir /tmp/svipc-(id -u)
    for path in $dir/*
        test -f $path; and string replace -r '.*/' '' -- $path
    end
end

complete -c svread -f
complete -c svread -s 0 -l null -d 'take messages that end with NUL'
complete -c svread -s c -l channel -x -a '(__svread_channels)' -d 'channel name (default: default)'
complete -c svread -l exec -x -a '(__fish_complete_command)' -d 'run CMD with the data as its standard input'
complete -c svread -s f -l follow -d 'take one transfer after another'
complete -c svread -s i -l id -x -d 'project id of the key, 1 to 255'
complete -c svread -s k -l path -r -F -d 'rendezvous file instead of a name'
complete -c svread -l lines -d 'take messages that are lines, each written at once'
complete -c svread -s m -l mode -x -d 'permissions of the channel, such as 0660'
complete -c svread -s o -l output -r -F -d 'write to FILE; with -f, %n is the transfer\'s number'
complete -c svread -s p -l progress -a 'auto force json' -d 'show progress on a terminal; HOW: auto, force or json'
complete -c svread -s q -l quiet -d 'say nothing but errors'
complete -c svread -s r -l resume -d 'go on where a killed transfer stopped; needs -o'
complete -c svread -s s -l size -x -d 'capacity of the channel, such as 64K or 1.5G'
complete -c svread -s t -l timeout -x -d 'give up when the writer keeps us waiting so long'
complete -c svread -s v -l verbose -d 'say what happens'
complete -c svread -l wait -x -a 'auto spin sleep' -d 'how to wait: auto, spin or sleep'
complete -c svread -s h -l help -d 'this help'
complete -c svread -s V -l version -d 'version'
