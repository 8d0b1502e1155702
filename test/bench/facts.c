/* SPDX-License-Identifier: MIT */
/*
 * facts.c - the machine that was measured, for the heading of every output.
 */
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "svipc.h"
#include "bench.h"

static struct fact table[32];
static size_t count;

static void add(const char *name, const char *value)
{
	struct fact *fact = &table[count++];

	snprintf(fact->name, sizeof(fact->name), "%s", name);
	snprintf(fact->value, sizeof(fact->value), "%s", value);
}

/* The value of "KEY : value" or "KEY: value" in a file of /proc; empty if there is none. */
static void look_up(const char *file, const char *key, char *value, size_t size)
{
	FILE *in = fopen(file, "re");
	char line[1024];

	value[0] = '\0';
	while (in && fgets(line, sizeof(line), in)) {
		size_t n = strlen(key);
		char *p = line + n;

		if (strncmp(line, key, n) != 0)
			continue;
		p += strspn(p, " \t");
		if (*p != ':')
			continue;
		p++;
		p += strspn(p, " \t");
		p[strcspn(p, "\n")] = '\0';
		snprintf(value, size, "%s", p);
		break;
	}
	if (in)
		fclose(in);
}

static void first_line(const char *file, char *value, size_t size)
{
	FILE *in = fopen(file, "re");

	value[0] = '\0';
	if (!in)
		return;
	if (!fgets(value, (int)size, in))
		value[0] = '\0';
	value[strcspn(value, "\n")] = '\0';
	fclose(in);
}

uint64_t memory_available(void)
{
	unsigned long long kib = 0;
	char text[64];

	look_up("/proc/meminfo", "MemAvailable", text, sizeof(text));
	return sscanf(text, "%llu", &kib) == 1 ? kib * KIB : 0;
}

const char *file_system_of(const char *dir)
{
	static const struct {
		unsigned long type;
		const char *name;
	} known[] = {
		{ 0x01021994, "tmpfs" }, { 0xef53, "ext4" },          { 0x58465342, "xfs" },
		{ 0x9123683e, "btrfs" }, { 0x794c7630, "overlayfs" }, { 0x2fc12fc1, "zfs" },
		{ 0xf2f52010, "f2fs" },  { 0x858458f6, "ramfs" },     { 0x6969, "nfs" },
	};
	struct statfs fs;

	if (statfs(dir, &fs))
		return "unknown";
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((unsigned long)fs.f_type == known[i].type)
			return known[i].name;
	return "other";
}

static void add_cpus(void)
{
	char text[160], flags[1024];
	cpu_set_t usable;
	int n = 0;

	look_up("/proc/cpuinfo", "model name", text, sizeof(text));
	if (!text[0])
		look_up("/proc/cpuinfo", "CPU part", text, sizeof(text));
	add("cpu", text[0] ? text : "unknown");
	if (sched_getaffinity(0, sizeof(usable), &usable) == 0)
		n = CPU_COUNT(&usable);
	snprintf(text, sizeof(text), "%ld online, %d usable", sysconf(_SC_NPROCESSORS_ONLN), n);
	add("cpus", text);
	if (settings.no_pin)
		snprintf(text, sizeof(text), "not pinned");
	else
		snprintf(text, sizeof(text), "pinned to CPU %d and %d; programs are not", settings.cpu[0],
		         settings.cpu[1]);
	add("sides", text);
	look_up("/proc/cpuinfo", "flags", flags, sizeof(flags));
	add("virtual machine", strstr(flags, "hypervisor") ? "yes" : "no sign of one");
}

static void add_caches(void)
{
	char text[160] = "", path[96], level[16], type[32], size[16];

	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/level", i);
		first_line(path, level, sizeof(level));
		if (!level[0])
			break;
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/type", i);
		first_line(path, type, sizeof(type));
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
		first_line(path, size, sizeof(size));
		if (strcmp(type, "Instruction") != 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%sL%.4s %.12s",
			         text[0] ? ", " : "", level, size);
	}
#ifdef __GLIBC__
	if (!text[0] && sysconf(_SC_LEVEL2_CACHE_SIZE) > 0)
		snprintf(text, sizeof(text), "L1 %ldK, L2 %ldK, L3 %ldK",
		         sysconf(_SC_LEVEL1_DCACHE_SIZE) / 1024, sysconf(_SC_LEVEL2_CACHE_SIZE) / 1024,
		         sysconf(_SC_LEVEL3_CACHE_SIZE) / 1024);
#endif
	add("caches", text[0] ? text : "unknown");
}

static void add_memory(void)
{
	unsigned long long kib = 0;
	char text[160], huge[64], shmem[64];

	look_up("/proc/meminfo", "MemTotal", text, sizeof(text));
	if (sscanf(text, "%llu", &kib) == 1)
		snprintf(text, sizeof(text), "%.1f GiB, page %ld B", (double)kib / (double)MIB,
		         sysconf(_SC_PAGESIZE));
	add("memory", text);
	first_line("/sys/kernel/mm/transparent_hugepage/enabled", huge, sizeof(huge));
	first_line("/sys/kernel/mm/transparent_hugepage/shmem_enabled", shmem, sizeof(shmem));
	snprintf(text, sizeof(text), "transparent: %.48s; of shared memory: %.56s", huge[0] ? huge : "none",
	         shmem[0] ? shmem : "none");
	add("huge pages", text);
}

const struct fact *facts(size_t *n)
{
	struct utsname system;
	char text[160];
	time_t t = time(NULL);
	struct tm utc;

	if (!count) {
		add("svipc", sv_version());
		add_cpus();
		add_caches();
		add_memory();
		uname(&system);
		snprintf(text, sizeof(text), "%.30s %.64s %.32s", system.sysname, system.release,
		         system.machine);
		add("kernel", text);
#ifdef __GLIBC__
		snprintf(text, sizeof(text), "glibc %s", gnu_get_libc_version());
		add("libc", text);
#endif
#ifdef __clang__
		add("compiler", __VERSION__);
#else
		add("compiler", "gcc " __VERSION__);
#endif
		snprintf(text, sizeof(text), "memory: %s, disk: %s", file_system_of(work_dir),
		         disk_dir[0] ? file_system_of(disk_dir) : "none");
		add("file systems", text);
		gmtime_r(&t, &utc);
		strftime(text, sizeof(text), "%Y-%m-%d", &utc);
		add("date", text);
	}
	*n = count;
	return table;
}
