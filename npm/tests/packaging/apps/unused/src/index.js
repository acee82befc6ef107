import { SteadfastError } from 'steadfast';

console.log(new SteadfastError('offline', 'made by the application').message);
