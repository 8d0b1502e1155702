#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Objects of several users on one machine: no command of one user removes, joins or trusts an object of another user,
# unless that user allows it.  Each test has an arena of its own, with root, alice, bob and mallory.

load ../lib/common
load ../lib/arena

setup() {
	sv_setup
	arena_open
	sh_in alice 'seq 20000 >secret'
}

# id_of KIND UID: the last object of that kind that the user made.
id_of() {
	objects "$2" | awk -v kind="$1" '$1 == kind { id = $2 } END { print id }'
}

key_of() {
	objects "$2" | awk -v kind="$1" '$1 == kind { key = $3 } END { print key }'
}

# Alice's transfer, half done: both sides are attached, and the writer waits for input from descriptor 9.
live() {
	mkfifo feed
	exec 9<>feed
	spawn reader "${alice[@]}" svread -o copy 9>&-
	spawn writer "${alice[@]}" svwrite <feed 9>&-
	seq 20000 >&9
	wait_until 'sh_in alice "cmp -s secret copy"' && wait_asleep "${pid[reader]}"
}

live_ends_well() {
	exec 9>&-
	ends_well writer || return 1
	ends_well reader || return 1
	sh_in alice 'cmp secret copy'
}

@test "a segment given away cannot make its receiver remove a set that it names" {
	local victim number state set before
	for victim in alice root; do
		number=$([ $victim = root ] && echo 0 || echo $ALICE)
		# A set of other software, and the set of a live channel.
		sh_in $victim 'touch other && ipctool sem other 7 2 && seq 20000 >secret'
		spawn_in $victim $victim 'exec svwrite secret'
		wait_until '[ "$(objects '"$number"' | wc -l)" -ge 3 ]'
		for set in $(objects "$number" | awk '$1 == "sem" { print $2 ":" $3 }'); do
			for state in stale detached resumable unready version; do
				# The key of the live channel's segment is taken.
				"${mallory[@]}" attack forge $state --set "${set%:*}" --key "${set#*:}" --give "$number" \
					--claim /nowhere ||
					"${mallory[@]}" attack forge $state --set "${set%:*}" --key 0 --give "$number" --claim /nowhere
			done
		done
		before=$(objects)
		run_logged sh_in $victim 'svclean; svclean -a; svclean -a -c default; svstat -A; true'
		stays "$before"
	done
}

@test "a foreign segment under the free key of a live transfer: svwrite says busy, and the transfer is not disturbed" {
	local state give before
	for state in waiting-writer waiting-reader running detached resumable stale unready zero segment; do
		for give in '' "--give $ALICE" '--give 0'; do
			echo "# $state $give"
			sh_in alice 'rm -f copy'
			live
			before=$(objects $ALICE)
			# shellcheck disable=SC2086 # words
			"${mallory[@]}" attack forge $state --key "$(key_of sem $ALICE)" --claim /nowhere $give
			run_logged "${alice[@]}" svwrite -t 20 secret
			assert_status 5
			assert_output_has 'busy'
			run_logged "${alice[@]}" svread -t 20
			assert_status 5
			run_logged sh_in alice 'svclean; svclean -a; svstat'
			run_logged sh_in root 'svclean; svclean -a'
			stays "$before" $ALICE
			live_ends_well
			rm feed
			assert_equal "alice's objects" "$(objects $ALICE)" ''
			"${root[@]}" ipcrm -m "$(id_of shm $MALLORY)"
		done
	done
}

@test "no command opens a path that a foreign header names" {
	local claim state
	sh_in mallory 'mkfifo -m 666 /tmp/fifo; ln -s /tmp/fifo /tmp/link'
	for claim in /tmp/fifo /tmp/link; do
		spawn_in mallory watcher 'echo unopened >/tmp/fifo'
		wait_until '[ "$(cat /proc/${pid[watcher]}/comm)" = bash ] && [ "$(sv_state ${pid[watcher]})" = S ]'
		for state in stale detached unready; do
			"${mallory[@]}" attack forge $state --key 0x53123456 --claim $claim --give $ALICE
			run_logged sh_in alice 'timeout 10 svclean -n; timeout 10 svclean; timeout 10 svclean -a; timeout 10 svstat -A'
			"${root[@]}" bash -c "ipcrm -M 0x53123456; ipcrm -S 0x53123456; true"
			"${mallory[@]}" attack forge $state --key 0x53123456 --claim $claim --give 0
			run_logged sh_in root 'timeout 10 svclean -n; timeout 10 svclean; timeout 10 svclean -a; timeout 10 svstat -A'
			"${root[@]}" bash -c "ipcrm -M 0x53123456; ipcrm -S 0x53123456; true"
		done
		# A process that had opened the FIFO would have taken what the watcher wrote.
		run_logged timeout 5 "${mallory[@]}" cat /tmp/fifo
		assert_output unopened
		reap watcher
	done
}

@test "no system call of svclean or svstat has the path of a device that a foreign header names" {
	skip_unless strace
	local state
	for state in stale detached; do
		"${mallory[@]}" attack forge $state --key 0 --claim /dev/full --give $ALICE
	done
	# shellcheck disable=SC2043 # more may come
	for command in 'svclean -n' svclean 'svclean -a' 'svclean --foreign' 'svstat -A'; do
		# shellcheck disable=SC2086 # words
		run_logged "${alice[@]}" strace -f -o trace -e trace=file,desc $command
		[ "$status" -ne 1 ] || [[ $output != *ptrace* ]] || skip 'strace may not trace'
		run_logged "${alice[@]}" grep -F '"/dev/full' trace
		assert_status 1
	done
}

@test "what a foreign header says is shown escaped, if at all" {
	"${mallory[@]}" attack forge stale --key 0x53123456 --claim $'/tmp/\e[31mred\n/etc/passwd' --give $ALICE
	for command in 'svclean -n -a' 'svclean -a' 'svclean --foreign' 'svstat -A' 'svstat -A --json'; do
		# shellcheck disable=SC2086 # words
		run_logged "${alice[@]}" $command
		assert_output_lacks $'\e' || return 1
		[[ $'\n'$output != *$'\n/etc/passwd'* ]] || fail 'the claim made a line of its own' || return 1
	done
}

@test "after a channel's objects were removed, objects of others under its key do not block the name" {
	local state key
	for state in waiting-writer waiting-reader running detached resumable stale owed unready version zero segment set; do
		echo "# $state"
		run_logged "${alice[@]}" svwrite -d -s 1M secret
		assert_status 0
		key=$(key_of shm $ALICE)
		sh_in alice 'ipcrm -M "$0" -S "$0"' "$key"
		"${mallory[@]}" attack forge $state --key "$key"
		hers=$(objects $MALLORY)
		spawn reader "${alice[@]}" svread -t 20 -o copy
		run_logged "${alice[@]}" svwrite -t 20 secret
		assert_status 0
		ends_well reader
		run_logged sh_in alice 'cmp secret copy && rm copy && svclean -a'
		assert_status 0
		stays "$hers" $MALLORY
		assert_equal "alice's objects" "$(objects $ALICE)" ''
		"${mallory[@]}" ipcrm -M "$key" 2>/dev/null || :
		"${mallory[@]}" ipcrm -S "$key" 2>/dev/null || :
	done
}

@test "without -m a user meets only themselves, root, and the owner of the file" {
	sh_in root 'touch /tmp/of-root && chmod 666 /tmp/of-root'
	sh_in bob 'touch /tmp/of-bob'
	sh_in alice 'touch /tmp/of-alice'
	# Mallory lets everybody in, but alice does not trust mallory.
	local file command
	for file in of-root of-alice; do
		spawn_in mallory hers "exec svwrite -m 0666 -k /tmp/$file /etc/passwd"
		wait_asleep "${pid[hers]}"
		before=$(objects)
		for command in 'svread -o copy' 'svwrite secret' 'svread -m 0660 -o copy'; do
			run_logged sh_in alice "$command -t 2 -k /tmp/$file"
			assert_status 1 5
			assert_output_has "user $MALLORY"
		done
		stays "$before"
		end_by TERM hers
	done
	# The owner of the file and root are trusted.
	for file in of-bob of-root; do
		user=${file#of-}
		spawn_in "$user" his "seq 20000 >secret; exec svwrite -t 20 -m 0666 -k /tmp/$file secret"
		wait_until '[ -n "$(objects | grep -v " '$MALLORY' ")" ]'
		run_logged sh_in alice "svread -t 20 -k /tmp/$file -o copy && cmp copy secret"
		assert_status 0
		ends_well his
	done
	assert_equal objects "$(objects)" ''
}

@test "a user killed on another user's channel can join that user's next channel" {
	local side
	sh_in root 'touch /tmp/meet && chmod 666 /tmp/meet'
	for side in 'svwrite svread' 'svread svwrite'; do
		mkfifo feed
		exec 9<>feed
		spawn hers "${alice[@]}" "${side% *}" -m 0666 -k /tmp/meet <feed 9>&-
		wait_until '[ -n "$(objects '$ALICE')" ]'
		spawn his "${bob[@]}" "${side#* }" -m 0666 -k /tmp/meet <feed 9>&-
		echo hello >&9
		wait_until 'grep -q hello hers.out his.out'
		end_by KILL his
		reap hers
		assert_status 3
		spawn hers "${alice[@]}" "${side% *}" -t 20 -m 0666 -k /tmp/meet 9>&- <<<text
		wait_until '[ "$(objects '$ALICE' | wc -l)" = 2 ]'
		run_logged "${bob[@]}" "${side#* }" -t 20 -m 0666 -k /tmp/meet <<<text
		assert_status 0
		ends_well hers
		exec 9>&-
		rm feed
	done
	assert_equal objects "$(objects)" ''
}

@test "two users leave in any order and way: after each has run svclean nothing is left, and the path works" {
	local maker other end
	sh_in root 'touch /tmp/meet && chmod 666 /tmp/meet'
	mkfifo feed
	for maker in svwrite svread; do
		other=$([ $maker = svread ] && echo svwrite || echo svread)
		for end in 'KILL maker' 'TERM maker' 'KILL other' 'TERM other' 'KILL maker other' 'KILL other maker' 'STOP maker KILL other' \
			'STOP other TERM maker' 'STOP other KILL maker'; do
			echo "# $maker first; $end"
			exec 9<>feed
			spawn maker "${alice[@]}" $maker -m 0666 -k /tmp/meet <feed 9>&-
			wait_until '[ "$(objects '$ALICE' | wc -l)" = 2 ]'
			spawn other "${bob[@]}" $other -m 0666 -k /tmp/meet <feed 9>&-
			echo hello >&9
			wait_until 'grep -q hello maker.out other.out'
			signal=
			for word in $end; do
				case $word in
				maker | other) kill -"$signal" "${pid[$word]}" || : ;;
				*) signal=$word ;;
				esac
			done
			# A stopped side stays stopped until the other has ended, and is killed then.
			for side in maker other; do
				[[ $end != *"STOP $side"* ]] || { wait_gone "${pid[$([ $side = maker ] && echo other || echo maker)]}"
					kill -KILL "${pid[$side]}" || :; }
			done
			reap maker
			reap other
			exec 9>&-
			for user in bob alice; do
				run_logged sh_in $user 'svclean; svclean -k /tmp/meet'
			done
			assert_equal objects "$(objects)" '' || return 1
			spawn maker "${bob[@]}" $other -t 20 -m 0666 -k /tmp/meet <<<text
			wait_until '[ "$(objects '$BOB' | wc -l)" = 2 ]'
			run_logged "${alice[@]}" $maker -t 20 -m 0666 -k /tmp/meet <<<text
			assert_status 0 || return 1
			ends_well maker || return 1
			assert_equal objects "$(objects)" '' || return 1
		done
	done
}

@test "a set of one user beside a segment of another is nobody's channel" {
	sh_in root 'touch /tmp/meet && chmod 666 /tmp/meet'
	sh_in bob 'attack forge segment --path /tmp/meet --data secret 2>/dev/null || attack forge segment --path /tmp/meet'
	"${mallory[@]}" attack forge set --path /tmp/meet
	before=$(objects)
	local user
	for user in alice bob mallory root; do
		run_logged sh_in $user 'svread -t 2 -m 0666 -k /tmp/meet'
		assert_status 1 5
		run_logged sh_in $user 'echo text | svwrite -t 2 -m 0666 -k /tmp/meet'
		assert_status 1 5
		run_logged sh_in $user 'svclean -a; svclean -a -k /tmp/meet; true'
		stays "$before"
	done
}

# belongings USER UID: make what a user might have on a machine: channels in several states, and objects of other software.
belongings() {
	sh_in "$1" '
		seq 20000 >secret; chmod 711 .
		svwrite -d -s 1M -c detached secret
		touch shared; svwrite -d -s 1M -m 0666 -k shared secret
		touch other; ipctool shm other 7 4096 666; ipctool sem other 7 2 666
		mkfifo slow; exec 8<>slow'
	spawn_in "$1" "waits-$1" 'exec svwrite -c waits secret'
	spawn_in "$1" "hears-$1" 'exec svread -m 0666 -k secret'
	wait_until '[ "$(objects '"$2"' | wc -l)" = 10 ]'
	wait_asleep "${pid[waits-$1]}" && wait_asleep "${pid[hears-$1]}"
}

@test "no command of one user harms any channel or object of another" {
	belongings root 0
	belongings alice $ALICE
	belongings bob $BOB
	belongings mallory $MALLORY
	"${mallory[@]}" attack forge detached --key 0x53aaaaaa --mode 0600 --claim /nowhere --give $ALICE
	"${mallory[@]}" attack forge stale --key 0x53aaaaab --give 0
	local before user victim
	for user in mallory root alice bob; do
		before=$(objects)
		for victim in root alice bob mallory; do
			[ $victim != $user ] || continue
			run_logged sh_in $user '
				for file in shared other secret; do
					svclean -k $0/$file; svclean -a -k $0/$file; svclean -a -i 7 -k $0/$file
					svstat -k $0/$file; SVIPC_DIR=$0 svclean -a
				done
				svread -t 0 -k $0/other -i 7; svwrite -t 0 -k $0/other -i 7 /dev/null
				true' "$HOMES/$victim"
		done
		run_logged sh_in $user 'svclean; svclean --foreign; svstat -A; svclean -n -a; true'
		stays "$before"
	done
	# Each user removes their own objects.
	for user in alice bob mallory root; do
		kill -KILL "${pid[waits-$user]}" "${pid[hears-$user]}"
		reap "waits-$user"
		reap "hears-$user"
		run_logged sh_in $user 'svclean -a; svclean -a -k shared'
	done
	run_logged objects
	# Only mallory can remove the two objects that she forged.
	[ "$(grep -cv -e " $((0x53aaaaaa)) " -e " $((0x53aaaaab)) " <<<"$output")" = 8 ] || fail 'not just the objects of other software are left'
}
