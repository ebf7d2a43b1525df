/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_PROVIDER_H
#define PEN_NP_PROVIDER_H
/*
 * Who brings a client to a pipe: the name says who may be asked, and of several the first that
 * knows the name has it.
 */
#include "object/name.h"
#include <penstock/pipe.h>

struct pen_provider {
	bool (*is_for)(const struct pen_name *name);

	/* OBJECT_NAME_NOT_FOUND: the next one may know it; else as pen_pipe_open. config may be
	 * NULL. */
	uint32_t (*open)(struct pen_pipe **pipep, const struct pen_name *name,
			 const struct pen_pipe_open_config *config);
};

/* Pipes of this machine, by the object manager (pipe-client.c). */
extern const struct pen_provider pen_provider_local;

/*
 * Pipes of .NET programs of this machine: stream sockets CoreFxPipe_NAME in the directory for
 * temporary files. They have bytes alone, and know nothing of what a socket cannot say.
 */
extern const struct pen_provider pen_provider_dotnet;

/* NOT_SUPPORTED: nobody brings anyone there. */
uint32_t pen_provider_open(struct pen_pipe **pipep, const struct pen_name *name,
			   const struct pen_pipe_open_config *config);

#endif
