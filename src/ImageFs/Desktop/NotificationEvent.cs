namespace ImageFs.Desktop;

/// <summary>What a user did with a notification.</summary>
/// <param name="Id">The notification's number.</param>
/// <param name="Action">The key of the action; null when it was closed.</param>
internal readonly record struct NotificationEvent(uint Id, string? Action);
