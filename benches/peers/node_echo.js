// The echo that Node's `net` makes simplest: each socket piped into itself, which also keeps its back-pressure.
'use strict';

const net = require('node:net');

const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
