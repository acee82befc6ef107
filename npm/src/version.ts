/** The package's version, which the server's logs are told; a test holds it to `package.json`. */
export const VERSION = '0.1.0';
