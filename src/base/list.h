/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_LIST_H
#define PEN_BASE_LIST_H
/*
 * A doubly linked list through its members. The head is a link too.
 */
#include <stdbool.h>
#include <stddef.h>

struct pen_list {
	struct pen_list *prev;
	struct pen_list *next;
};

/* The struct that a link is a member of. */
#define pen_list_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

/* Walks a list; the link at hand may be removed. */
#define pen_list_each(link, after, head)                                                           \
	for (struct pen_list *link = (head)->next, *after = link->next; link != (head);            \
	     link = after, after = link->next)

static inline void pen_list_init(struct pen_list *head)
{
	head->prev = head->next = head;
}

static inline bool pen_list_is_empty(const struct pen_list *head)
{
	return head->next == head;
}

static inline void pen_list_append(struct pen_list *head, struct pen_list *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

static inline void pen_list_remove(struct pen_list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	pen_list_init(link);
}

/* Appends all that the other list has, which is empty after. */
static inline void pen_list_move(struct pen_list *head, struct pen_list *from)
{
	while (!pen_list_is_empty(from)) {
		struct pen_list *link = from->next;

		pen_list_remove(link);
		pen_list_append(head, link);
	}
}

#endif
