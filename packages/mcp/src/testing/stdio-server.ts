import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { toolsOfTests } from './tools.ts';

await toolsOfTests().connect(new StdioServerTransport());
