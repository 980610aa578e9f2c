/** For tests and generated documents: the API as a part. */
export { type Api, createApi } from './api.ts';
export { type ApiSettings, apiSettings, completeSettings } from './config.ts';
