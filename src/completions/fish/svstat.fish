# SPDX-License-Identifier: MIT
# Made by scripts/completions from what svstat --help prints.

function __svstat_channels
    set -l dir $SVIPC_DIR
    test -n "$dir"; or set dir /dev/shm/svipc-(id -u)
    test -d "$dir"; or set dir /tmp/svipc-(id -u)
    for path in $dir/*
        test -f $path; and string replace -r '.*/' '' -- $path
    end
end

complete -c svstat -f -a '(__svstat_channels)'
complete -c svstat -s A -l all -d 'every channel that can be seen, of any user'
complete -c svstat -s b -l bytes -d 'numbers in full: bytes, and seconds'
complete -c svstat -s c -l channel -x -a '(__svstat_channels)' -d 'only this channel'
complete -c svstat -l count -x -d 'with --watch: end after N looks'
complete -c svstat -s i -l id -x -d 'project id of the key, 1 to 255'
complete -c svstat -l json -d 'as JSON; with --watch one line for each look'
complete -c svstat -s k -l path -r -F -d 'only the channel of this rendezvous file'
complete -c svstat -l noheadings -d 'no headings'
complete -c svstat -s o -l columns -x -a '(__fish_append , channel name path key id shmid semid state short reason writer reader wpid rpid moved written total done fill filled bar rate age created capacity segment page owner mode kind maps)' -d 'these columns, separated by commas; -o help lists them'
complete -c svstat -s w -l watch -d 'look again each second, or so often, until q or Ctrl-C'
complete -c svstat -s h -l help -d 'this help'
complete -c svstat -s V -l version -d 'version'
