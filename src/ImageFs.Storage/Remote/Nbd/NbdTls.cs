using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ImageFs.Storage.Remote.Nbd;

/// <summary>How TLS is spoken with a server. Its certificate is always checked.</summary>
/// <param name="HostName">The name that the certificate has to be for.</param>
/// <param name="Authorities">A file of certificates, in PEM, of which one has to vouch for the server's; null for those that this machine trusts.</param>
/// <param name="ClientCertificate">The client's own certificate, in PEM; null for none.</param>
/// <param name="ClientKey">Its key, in PEM.</param>
internal sealed record NbdTls(string HostName, string? Authorities, string? ClientCertificate, string? ClientKey)
{
    /// <summary>Takes what the query of an address says of TLS, by the words of libnbd.</summary>
    /// <param name="query">The query; what is understood is taken out of it.</param>
    /// <param name="host">The host of the address.</param>
    /// <exception cref="UnsupportedFeatureException">It asks not to check the certificate.</exception>
    public static NbdTls Take(Dictionary<string, string> query, string host)
    {
        string? folder = query.Remove("tls-certificates", out string? value) ? value : null;
        string? authorities = query.Remove("tls-ca", out value) ? value : folder is null ? null : $"{folder}/ca-cert.pem";
        string name = query.Remove("tls-hostname", out value) ? value : host;
        if (query.Remove("tls-verify-peer", out value) && value is not ("true" or "1" or "yes"))
        {
            throw new UnsupportedFeatureException("a server whose certificate is not checked (tls-ca=FILE names who vouches for it)");
        }

        string? certificate = folder is null ? null : $"{folder}/client-cert.pem";
        bool hasCertificate = certificate is not null && File.Exists(certificate);
        return new NbdTls(name, authorities, hasCertificate ? certificate : null, hasCertificate ? $"{folder}/client-key.pem" : null);
    }

    /// <summary>Begins to speak TLS.</summary>
    /// <param name="inner">The connection.</param>
    /// <exception cref="LostLinkException">The connection is lost.</exception>
    /// <exception cref="Linux.LinuxException">The server's certificate is not accepted, or a file of the client's cannot be read.</exception>
    public SslStream Start(Stream inner)
    {
        OpenSsl.Require("TLS");
        var secure = new SslStream(inner, leaveInnerStreamOpen: false);
        try
        {
            secure.AuthenticateAsClient(MakeOptions());
            return secure;
        }
        catch (AuthenticationException e)
        {
            secure.Dispose();
            throw new Linux.LinuxException("TLS", Linux.Errno.EACCES, HostName, $"{e.Message} tls-ca=FILE names who vouches for the server");
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or FileNotFoundException or UnauthorizedAccessException or DirectoryNotFoundException)
        {
            secure.Dispose();
            throw new Linux.LinuxException("TLS", Linux.Errno.EACCES, HostName, e.Message);
        }
        catch (IOException e)
        {
            secure.Dispose();
            throw new LostLinkException($"TLS: {e.Message}", e);
        }
    }

    private SslClientAuthenticationOptions MakeOptions()
    {
        var options = new SslClientAuthenticationOptions { TargetHost = HostName };
        if (Authorities is not null)
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPemFile(Authorities);
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
        }

        if (ClientCertificate is not null)
        {
            options.ClientCertificates = [X509Certificate2.CreateFromPemFile(ClientCertificate, ClientKey)];
        }

        return options;
    }
}
