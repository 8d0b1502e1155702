# SPDX-License-Identifier: MIT
# Made by scripts/completions from what svclean --help prints.

function __svclean_channels
    set -l dir $SVIPC_DIR
    test -n "$dir"; or set dir /dev/shm/svipc-(id -u)
    test -d "$dir"; or set dir /tmp/svipc-(id -u)
    for path in $dir/*
        test -f $path; and string replace -r '.*/' '' -- $path
    end
end

complete -c svclean -f
complete -c svclean -s a -l all -d 'detached and resumable channels too, if not in use'
complete -c svclean -s c -l channel -x -a '(__svclean_channels)' -d 'only this channel'
complete -c svclean -l foreign -d 'remove nothing; report segments and semaphore sets'
complete -c svclean -s i -l id -x -d 'project id of the key, 1 to 255'
complete -c svclean -l json -d 'as JSON'
complete -c svclean -s k -l path -r -F -d 'only the channel of this rendezvous file'
complete -c svclean -s n -l dry-run -d 'only show what would be removed'
complete -c svclean -l older-than -x -a '30s 15m 2h 7d' -d 'only what was made at least AGE ago: 30s, 15m, 2h, 7d'
complete -c svclean -s q -l quiet -d 'say nothing but errors'
complete -c svclean -s h -l help -d 'this help'
complete -c svclean -s V -l version -d 'version'
