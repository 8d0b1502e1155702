/* SPDX-License-Identifier: MIT */
/*
 * chaos.h - the setting of a walk: two users, two IPC namespaces, directories, commands that run in one
 * namespace as one user, and the System V objects that exist.
 */
#ifndef CHAOS_H
#define CHAOS_H

#include <ftw.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "process.h"
#include "ring/layout.h"

#define USERS 2
#define PROCS 8
#define INPUTS 12
#define PATIENCE_US INT64_C(30000000)
#define LIMIT "0.6" /* the time-out of each wait */
#define MOST_VIOLATIONS 5

static const uid_t uid_of[USERS] = { 70001, 70002 };
static const char *const letter[USERS] = { "a", "b" };

struct proc {
	struct process p;
	bool reads, resumes, detaches, apart, own, killed; /* own: chaos side */
	int user, ns, input;
	char output[128];
};

static char base[64], bin[80];
static int ns_fd[2];
static struct proc procs[PROCS];
static char inputs[INPUTS][128];
static bool sent_plainly[INPUTS]; /* a plain writer of this input has ended with 0 */
static int used, outputs;
static char log_text[65536];
static size_t logged;
static bool verbose;
/* Channels whose record a hand has removed: in which namespace, whose, and the key. */
static struct lost {
	int ns, user;
	unsigned key;
} lost[256];
static int losses;
static unsigned violations;
static unsigned long walk_number, walks, total_steps, starts, ends[256], cleans, meddled, copies;
static uint64_t seed, first_seed;

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
	va_list args;
	size_t begin = logged;

	va_start(args, format);
	if (logged < sizeof log_text - 512)
		logged += (size_t)vsnprintf(log_text + logged, 512, format, args);
	va_end(args);
	if (verbose)
		fputs(log_text + begin, stdout);
}

static void violation(const char *what, const char *detail)
{
	printf("VIOLATION in walk %lu: %s: %s\n%s  repeat: chaos --seed %llu --only %lu\n", walk_number, what,
	       detail, verbose ? "" : log_text, (unsigned long long)first_seed, walk_number);
	fflush(stdout);
	if (++violations >= MOST_VIOLATIONS)
		exit(1);
}

/* Start a command as a user, in a namespace, with one of the ways to spell the user's directory. */
static void start(struct process *p, int user, int ns, int spelling, const char *const *argv, int in)
{
	static const char *const spellings[] = { "%s/%s", "%s/%s/", "%s/./%s", "%s/link/%s",
		                                 "%s/bin/../%s//" };
	char directory[128], program[160], byte;
	int begun[2];

	p->err = memfd_create("stderr", MFD_CLOEXEC);
	snprintf(program, sizeof program, "%s/%s", bin, argv[0]);
	fflush(stdout);
	if (pipe2(begun, O_CLOEXEC) == -1)
		die("pipe: %s", strerror(errno));
	p->pid = fork();
	if (p->pid == -1 || p->err == -1)
		die("cannot fork: %s", strerror(errno));
	if (p->pid == 0) {
		int null = open("/dev/null", O_RDWR);

		if (spelling == 5)
			snprintf(directory, sizeof directory, "%s", letter[user]);
		else
			snprintf(directory, sizeof directory, spellings[spelling], base, letter[user]);
		setenv("SVIPC_DIR", directory, 1);
		if (chdir(base) == -1 || setns(ns_fd[ns], CLONE_NEWIPC) == -1 || setgid(uid_of[user]) == -1 ||
		    setuid(uid_of[user]) == -1)
			_exit(126);
		/* The child must not outlive the tool. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in == -1 ? null : in, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(p->err, STDERR_FILENO);
		execv(program, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	/* Until the child has executed the program it has our descriptors, so it must not be stopped. */
	close(begun[1]);
	while (read(begun[0], &byte, 1) == -1 && errno == EINTR)
		continue;
	close(begun[0]);
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
}

static void say(struct process *p, char *text, size_t size)
{
	process_said(p, text, size);
	text[strcspn(text, "\n")] = '\0';
}

/* Run a command until it ends or the limit has passed. */
static int run(int user, int ns, int spelling, const char *const *argv, char *text, size_t size)
{
	struct process p;

	start(&p, user, ns, spelling, argv, -1);
	if (!process_wait(&p, PATIENCE_US)) {
		violation("a command did not end", argv[0]);
		process_signal(&p, SIGKILL);
		process_wait(&p, PATIENCE_US);
	}
	say(&p, text, size);
	return p.status;
}

static bool same(const char *a, const char *b)
{
	char x[4096], y[4096];
	int f = open(a, O_RDONLY | O_CLOEXEC), g = open(b, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1, m = -1;

	if (f != -1 && g != -1)
		do {
			n = read(f, x, sizeof x);
			m = read(g, y, sizeof y);
		} while (n > 0 && n == m && memcmp(x, y, (size_t)n) == 0);
	if (f != -1)
		close(f);
	if (g != -1)
		close(g);
	return n == 0 && m == 0;
}

static void in_namespace(int ns, int (*what)(void *), void *arg, int *result)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(setns(ns_fd[ns], CLONE_NEWIPC) == 0 ? what(arg) : 0);
	waitpid(pid, &status, 0);
	*result = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static int remove_one(void *arg)
{
	uint64_t choice = *(uint64_t *)arg;
	struct shm_info shm;
	struct seminfo sem;
	struct shmid_ds sds;
	int most = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&shm);
	int most_sem = semctl(0, 0, SEM_INFO, &sem), i, id;

	for (i = 0; i < 64; i++, choice /= 3) {
		int at = (int)(choice % (uint64_t)(1 + (most > most_sem ? most : most_sem)));

		if (choice % 2 == 0 && (id = shmctl(at, SHM_STAT, &sds)) != -1)
			return shmctl(id, IPC_RMID, NULL) == 0;
		if (choice % 2 == 1 && (id = semctl(at, 0, SEM_STAT, &(struct semid_ds){ 0 })) != -1)
			return semctl(id, 0, IPC_RMID) == 0;
	}
	return 0;
}

static bool is_lost(int ns, const struct ipc_perm *perm)
{
	int i;

	for (i = 0; i < losses; i++)
		if (lost[i].ns == ns && lost[i].key == (unsigned)perm->__key &&
		    uid_of[lost[i].user] == perm->cuid)
			return true;
	return false;
}

/*
 * Nothing proves whose channel an object was if its record is lost, unless it is a complete segment that
 * nobody else can write to; that one also proves its set.
 */
static bool proves_itself(int id, const struct shmid_ds *ds)
{
	const struct sv_header *header = shmat(id, NULL, SHM_RDONLY);
	bool ready = header != (void *)-1 && header->ready == SV_READY;

	if (header != (void *)-1)
		shmdt(header);
	return ready && (ds->shm_perm.mode & 077) == 0;
}

struct census {
	int ns;
	bool unproved; /* count only these */
};

static int count_all(void *arg)
{
	const struct census *census = arg;
	struct shm_info shm;
	struct seminfo sem;
	struct shmid_ds ds;
	struct semid_ds set;
	int most = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&shm), i, id, count = 0;
	int most_sem = semctl(0, 0, SEM_INFO, &sem);

	for (i = 0; i <= most; i++)
		if ((id = shmctl(i, SHM_STAT, &ds)) != -1)
			count += census->unproved ==
			         (is_lost(census->ns, &ds.shm_perm) && !proves_itself(id, &ds));
	for (i = 0; i <= most_sem; i++)
		if (semctl(i, 0, SEM_STAT, &set) != -1)
			count += census->unproved == is_lost(census->ns, &set.sem_perm);
	return count;
}

static int show_all(void *arg)
{
	(void)arg;
	return system("cat /proc/sysvipc/shm /proc/sysvipc/sem");
}

static int remove_all(void *arg)
{
	struct shm_info shm;
	struct seminfo sem;
	struct shmid_ds ds;
	int most = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&shm), i, id;
	int most_sem = semctl(0, 0, SEM_INFO, &sem);

	(void)arg;
	for (i = 0; i <= most; i++)
		if ((id = shmctl(i, SHM_STAT, &ds)) != -1)
			shmctl(id, IPC_RMID, NULL);
	for (i = 0; i <= most_sem; i++)
		if ((id = semctl(i, 0, SEM_STAT, &(struct semid_ds){ 0 })) != -1)
			semctl(id, 0, IPC_RMID);
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static void make_meet(void)
{
	char path[128];

	snprintf(path, sizeof path, "%s/meet", base);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	if (chmod(path, 0666) == -1 || chown(path, uid_of[0], uid_of[0]) == -1)
		die("cannot make %s", path);
}

static void reset(void)
{
	char path[128];
	int user, ns, ignored;

	for (ns = 0; ns < 2; ns++)
		in_namespace(ns, remove_all, NULL, &ignored);
	for (user = 0; user < USERS; user++) {
		snprintf(path, sizeof path, "%s/out%s", base, letter[user]);
		nftw(path, remove_entry, 8, FTW_PHYS | FTW_DEPTH);
		if (mkdir(path, 0755) == -1 || chown(path, uid_of[user], uid_of[user]) == -1)
			die("cannot make %s", path);
		snprintf(path, sizeof path, "%s/%s", base, letter[user]);
		nftw(path, remove_entry, 8, FTW_PHYS | FTW_DEPTH);
		if (mkdir(path, 0700) == -1 || chown(path, uid_of[user], uid_of[user]) == -1)
			die("cannot make %s", path);
	}
	snprintf(path, sizeof path, "%s/other", base);
	unlink(path);
	make_meet();
	memset(procs, 0, sizeof procs);
	used = outputs = 0;
	logged = 0;
	log_text[0] = '\0';
	losses = 0;
}

static void prepare(const char *programs)
{
	static const char *const names[] = { "svwrite", "svread", "svclean", "svstat" };
	char command[1024], link[96];
	size_t i;

	ns_fd[0] = unshare(CLONE_NEWIPC) == 0 ? open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC) : -1;
	ns_fd[1] = unshare(CLONE_NEWIPC) == 0 ? open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC) : -1;
	if (geteuid() != 0 || ns_fd[0] == -1 || ns_fd[1] == -1) {
		printf("cannot make IPC namespaces here\n");
		exit(77);
	}
	snprintf(base, sizeof base, "/dev/shm/svipc-chaos.XXXXXX");
	if (mkdtemp(base) == NULL || chmod(base, 0755) == -1)
		die("cannot make %s: %s", base, strerror(errno));
	snprintf(bin, sizeof bin, "%s/bin", base);
	snprintf(link, sizeof link, "%s/link", base);
	if (mkdir(bin, 0755) == -1 || symlink(base, link) == -1)
		die("cannot make %s: %s", bin, strerror(errno));
	for (i = 0; i < sizeof names / sizeof *names && *programs == '\0'; i++) {
		snprintf(command, sizeof command, "p=$(command -v %s) && install -m 755 \"$p\" %s", names[i],
		         bin);
		if (system(command) != 0)
			die("cannot install %s", names[i]);
	}
	if (*programs != '\0') {
		snprintf(command, sizeof command, "install -m 755 %s/* %s", programs, bin);
		if (system(command) != 0)
			die("cannot install %s", programs);
	}
	snprintf(command, sizeof command, "install -m 755 /proc/%d/exe %s/chaos", (int)getpid(), bin);
	if (system(command) != 0)
		die("cannot install chaos");
}

static void clear_up(void)
{
	nftw(base, remove_entry, 8, FTW_PHYS | FTW_DEPTH);
}

#endif
