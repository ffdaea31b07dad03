import { createServer } from 'node:http';
import { Agent, setGlobalDispatcher } from 'undici';

// The least a service of this kind can be: an HTTP server and a client, with nothing between them. Its start and its idle
// memory are the floor beside ours.
setGlobalDispatcher(new Agent());
createServer((_request, response) => response.end('ready')).listen(Number(process.env['PORT']), '127.0.0.1');
