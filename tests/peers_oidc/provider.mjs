// The certified OpenID provider, as an independent peer: one client for the pages, two programs for the API.
// `node provider.mjs PORT`; prints "ready" on stdout.  POST /test/accounts {sub, claims} changes a person.
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const accounts = new Map();
const programs = {
  batch: { roles: ['coordinator'], units: ['asiakasohjaus_lansi'], tasks: ['older_people'] },
  stranger: {},
};
const program = (client_id) => ({
  client_id,
  client_secret: `${client_id}-secret`,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
});

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'luotain',
      client_secret: 'a-secret',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1:3000/sign-in/callback'],
      post_logout_redirect_uris: ['http://127.0.0.1:3000/sign-in'],
    },
    ...Object.keys(programs).map(program),
  ],
  claims: { openid: ['sub', 'roles', 'units', 'tasks'], profile: ['name'] },
  conformIdTokenClaims: false,
  findAccount: (ctx, sub) =>
    accounts.has(sub) ? { accountId: sub, claims: () => ({ sub, ...accounts.get(sub) }) } : undefined,
  issueRefreshToken: () => true,
  pkce: { required: () => true },
  extraTokenClaims: (ctx, token) => programs[token.clientId],
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: '',
        audience: 'luotain-api',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});

provider.use(async (ctx, next) => {
  if (ctx.path !== '/test/accounts') return next();
  let text = '';
  for await (const part of ctx.req) text += part;
  const { sub, claims } = JSON.parse(text);
  accounts.set(sub, claims);
  ctx.status = 204;
});
provider.listen(port, '127.0.0.1', () => console.log('ready'));
