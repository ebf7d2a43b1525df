/* SPDX-License-Identifier: MIT */
#include "runtime/server.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { STUB_MAX = 4 << 20 };

static struct pen_served *served_of(const struct pen_server *server,
				    const struct pen_interface *interface)
{
	struct pen_served *served = server->served;

	while (served && served->offer.interface != interface &&
	       !pen_syntax_id_equal(&served->offer.interface->id, &interface->id))
		served = served->next;
	return served;
}

static struct pen_served *served_add(struct pen_server *server, const struct pen_service *service)
{
	struct pen_served **last = &server->served;
	struct pen_served *served = calloc(1, sizeof(*served));

	if (!served)
		return NULL;
	served->offer = (struct pen_offer){
		.auth_level_min = service->auth_level_min,
		.interface = service->interface,
		.data = served,
		.refuses_ndr64 = service->refuses_ndr64,
	};
	while (*last)
		last = &(*last)->next;
	*last = served;
	return served;
}

static struct pen_manager *manager_of(const struct pen_served *served, const struct pen_uuid *type)
{
	struct pen_manager *manager = served->managers;

	while (manager && !pen_uuid_equal(&manager->service.type, type))
		manager = manager->next;
	return manager;
}

int pen_server_add(struct pen_server *server, const struct pen_service *service, void *data)
{
	struct pen_served *served = served_of(server, service->interface);
	struct pen_manager *manager;

	if (service->interface->is_object)
		return pen_server_explain(server, PEN_E_UNSUPPORTED,
					  "%s is an object interface: serving objects (ORPC) is "
					  "not offered",
					  service->interface->name);
	if (served && manager_of(served, &service->type))
		return pen_server_explain(server, PEN_E_EXISTS,
					  "the interface %s is served already",
					  service->interface->name);
	manager = calloc(1, sizeof(*manager));
	if (!manager)
		return -ENOMEM;
	if (!served)
		served = served_add(server, service);
	if (!served) {
		free(manager);
		return -ENOMEM;
	}
	manager->service = *service;
	manager->data = data;
	manager->next = served->managers;
	served->managers = manager;
	return 0;
}

void pen_served_set_data(struct pen_server *server, const struct pen_service *service, void *data)
{
	struct pen_served *served = served_of(server, service->interface);
	struct pen_manager *manager = served ? manager_of(served, &service->type) : NULL;

	if (manager)
		manager->data = data;
}

int pen_server_add_object(struct pen_server *server, const struct pen_uuid *uuid,
			  const struct pen_uuid *type)
{
	struct pen_object *object = server->objects;

	while (object && !pen_uuid_equal(&object->uuid, uuid))
		object = object->next;
	if (!object) {
		object = calloc(1, sizeof(*object));
		if (!object)
			return -ENOMEM;
		object->uuid = *uuid;
		object->next = server->objects;
		server->objects = object;
	}
	object->type = *type;
	return 0;
}

const struct pen_served *pen_served_find(const struct pen_server *server, const char *name)
{
	const struct pen_served *served = server->served;

	while (served && strcmp(served->offer.interface->name, name))
		served = served->next;
	return served;
}

const struct pen_manager *pen_served_manager(const struct pen_server *server,
					     const struct pen_served *served,
					     const struct pen_uuid *uuid)
{
	const struct pen_uuid nil = { 0 };
	const struct pen_object *object = uuid ? server->objects : NULL;

	while (object && !pen_uuid_equal(&object->uuid, uuid))
		object = object->next;
	return manager_of(served, object ? &object->type : &nil);
}

bool pen_served_is_at(const struct pen_served *served, const struct pen_listener *listener)
{
	const struct pen_manager *manager = served->managers;

	if (!listener || !listener->interfaces)
		return true;
	for (size_t i = 0; listener->interfaces[i]; i++)
		if (listener->interfaces[i] == served)
			return true;
	while (manager && !manager->service.is_everywhere)
		manager = manager->next;
	return manager;
}

bool pen_served_has_system_handles(const struct pen_server *server)
{
	for (const struct pen_served *s = server->served; s; s = s->next)
		if (s->offer.interface->has_system_handles)
			return true;
	return false;
}

uint32_t pen_served_stub_max(const struct pen_server *server, const struct pen_listener *listener)
{
	uint32_t max = 0;

	for (const struct pen_served *s = server->served; s; s = s->next) {
		if (!pen_served_is_at(s, listener))
			continue;
		for (const struct pen_manager *m = s->managers; m; m = m->next) {
			uint32_t of = m->service.stub_max ? m->service.stub_max : STUB_MAX;

			if (of > max)
				max = of;
		}
	}
	return max ? max : STUB_MAX;
}

int pen_server_endpoint(const struct pen_server *server, size_t n,
			struct pen_server_endpoint *endpoint)
{
	for (const struct pen_listener *l = server->listeners; l; l = l->next) {
		for (const struct pen_served *s = server->served; s; s = s->next) {
			if (!pen_served_is_at(s, l) || n--)
				continue;
			endpoint->interface = s->offer.interface;
			endpoint->binding = l->binding;
			return 0;
		}
	}
	return PEN_E_NOT_FOUND;
}

void pen_served_free(struct pen_server *server)
{
	while (server->served) {
		struct pen_served *served = server->served;

		server->served = served->next;
		while (served->managers) {
			struct pen_manager *manager = served->managers;

			served->managers = manager->next;
			free(manager);
		}
		free(served);
	}
	while (server->objects) {
		struct pen_object *object = server->objects;

		server->objects = object->next;
		free(object);
	}
}
