/* SPDX-License-Identifier: MIT */
#include "status/layout.h"

#include <string.h>

#include "common/text.h"

/* From narrow to wide.  The widest that fits is shown; the first is shown even if it does not fit. */
static const char *const layouts[] = {
	"channel",
	"channel,short",
	"channel,short,moved,fill",
	"channel,short,moved,fill,age",
	"channel,short,wpid,rpid,moved,fill,age",
	"channel,short,writer,reader,moved,fill,age",
	"channel,state,writer,reader,moved,fill,age",
	"channel,state,writer,reader,moved,fill,capacity,age",
	"channel,key,state,writer,reader,moved,fill,capacity,age",
	"channel,key,shmid,semid,state,writer,reader,moved,fill,capacity,age",
	"channel,key,shmid,semid,state,writer,reader,moved,fill,capacity,age,reason",
};
static const char *const watch_layouts[] = {
	"channel",
	"channel,rate",
	"channel,rate,fill",
	"channel,short,rate,fill",
	"channel,short,moved,rate,fill",
	"channel,short,rate,bar",
	"channel,short,moved,rate,bar",
	"channel,short,wpid,rpid,moved,rate,bar,age",
	"channel,short,writer,reader,moved,rate,bar",
	"channel,short,writer,reader,moved,rate,bar,age",
	"channel,state,writer,reader,moved,rate,bar,age",
	"channel,state,writer,reader,moved,done,rate,bar,capacity,age",
	"channel,key,shmid,semid,state,writer,reader,moved,done,rate,bar,capacity,age",
	"channel,key,shmid,semid,state,writer,reader,moved,done,rate,bar,capacity,age,reason",
};

/* A name up to this width is not cut to make room for a bar; the fill is shown as a number instead. */
#define NAME_BESIDE_BAR 32

static void fill_table(struct cli_table *table, const struct cli_snapshot *snapshot,
                       const struct cli_view *view, const int *chosen, size_t count, size_t bar)
{
	char cell[2400];
	size_t i, j;

	cli_table_start(table);
	for (j = 0; j < count; j++)
		cli_table_column(table, cli_columns_layout(chosen[j]));
	for (i = 0; i < snapshot->count; i++)
		for (j = 0; j < count; j++)
			cli_table_add(table, cli_columns_cell(cell, sizeof cell, &snapshot->channel[i],
			                                      chosen[j], view, bar));
}

static bool has_bar(const char *layout)
{
	return strstr(layout, ",bar") != NULL;
}

static void fill_layout(struct cli_table *table, const struct cli_snapshot *snapshot,
                        const struct cli_view *view, const char *layout, size_t bar)
{
	int chosen[CLI_COLUMNS_MOST];
	char list[256];
	size_t count;

	snprintf(list, sizeof list, "%s%s", layout,
	         view->owner && strchr(layout, ',') != NULL ? ",owner" : "");
	cli_columns_parse(list, chosen, &count);
	fill_table(table, snapshot, view, chosen, count, bar);
	if (has_bar(layout))
		table->column[0].least = NAME_BESIDE_BAR;
}

void cli_layout_table(struct cli_table *table, const struct cli_snapshot *snapshot,
                      const struct cli_view *view, size_t width)
{
	const char *const *list = view->watching ? watch_layouts : layouts;
	size_t i = view->watching ? sizeof watch_layouts / sizeof *watch_layouts
	                          : sizeof layouts / sizeof *layouts;
	long spare = 0;

	if (view->count > 0) {
		fill_table(table, snapshot, view, view->columns, view->count, 0);
		return;
	}
	while (i-- > 0) {
		fill_layout(table, snapshot, view, list[i], 0);
		spare = cli_table_spare(table, view->headings, width);
		if (spare >= 0 || i == 0)
			break;
		cli_table_free(table);
	}
	/* The bar uses the columns that are left. */
	if (spare > 0 && has_bar(list[i])) {
		cli_table_free(table);
		fill_layout(table, snapshot, view, list[i], CLI_BAR_LEAST + (size_t)spare);
	}
}
