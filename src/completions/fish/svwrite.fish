# SPDX-License-Identifier: MIT
# Made by scripts/completions from what svwrite --help prints.

function __svwrite_channels
    set -l dir $SVIPC_DIR
    test -n "$dir"; or set dir /dev/shm/svipc-(id -u)
    test -d "$dir"; or set dir /tmp/svipc-(id -u)
    for path in $dir/*
        test -f $path; and string replace -r '.*/' '' -- $path
    end
end

complete -c svwrite -s 0 -l null -d 'send each record that ends with NUL as a message'
complete -c svwrite -s c -l channel -x -a '(__svwrite_channels)' -d 'channel name (default: default)'
complete -c svwrite -s d -l detach -d 'leave the data for a later svread and return'
complete -c svwrite -s i -l id -x -d 'project id of the key, 1 to 255'
complete -c svwrite -s k -l path -r -F -d 'rendezvous file instead of a name'
complete -c svwrite -l lines -d 'send each line as a message, at once'
complete -c svwrite -s m -l mode -x -d 'permissions of the channel, such as 0660'
complete -c svwrite -s p -l progress -a 'auto force json' -d 'show progress on a terminal; HOW: auto, force or json'
complete -c svwrite -s q -l quiet -d 'say nothing but errors'
complete -c svwrite -s r -l resume -d 'go on where a killed transfer stopped'
complete -c svwrite -s s -l size -x -d 'capacity of the channel, such as 64K or 1.5G'
complete -c svwrite -s t -l timeout -x -d 'give up when the reader keeps us waiting so long'
complete -c svwrite -s v -l verbose -d 'say what happens'
complete -c svwrite -l wait -x -a 'auto spin sleep' -d 'how to wait: auto, spin or sleep'
complete -c svwrite -s h -l help -d 'this help'
complete -c svwrite -s V -l version -d 'version'
